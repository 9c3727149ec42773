// Where GRDB uses the same word, this module means ours.
import Storage

typealias SQL = Storage.SQL
typealias Row = Storage.Row
