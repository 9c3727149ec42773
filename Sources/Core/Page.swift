// Lists in pages that survive inserts.

/// One page of a list, newest first unless the operation says otherwise.
package struct Page<Element: Sendable>: Sendable {
    package let data: [Element]
    /// Where the next page starts, or nil at the end; only this signals the end.
    package let nextCursor: String?

    package init(data: [Element], nextCursor: String?) {
        self.data = data
        self.nextCursor = nextCursor
    }

    /// The same page with each element turned into another.
    package func map<Other>(_ transform: (Element) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(data: try data.map(transform), nextCursor: nextCursor)
    }
}

private enum PageKeys: String, CodingKey {
    case data
    case nextCursor = "next_cursor"
}

extension Page: Encodable where Element: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: PageKeys.self)
        try container.encode(data, forKey: .data)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}

extension Page: Decodable where Element: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: PageKeys.self)
        data = try container.decode([Element].self, forKey: .data)
        nextCursor = try container.decodeIfPresent(String.self, forKey: .nextCursor)
    }
}

/// What a list operation was asked for: how many, and after which key.
package struct PageRequest: Sendable {
    /// 1 to 100, 25 unless asked for.
    package let limit: Int
    /// The sort key of the last element the client saw; nil for the first page.
    package let after: String?

    package init(limit: Int = 25, after: String? = nil) {
        self.limit = min(max(limit, 1), 100)
        self.after = after
    }

    /// Cuts rows fetched with `limit + 1` down to a page; `key` gives an element's sort key.
    package func page<Element>(_ rows: [Element], key: (Element) -> String) -> Page<Element> {
        let data = Array(rows.prefix(limit))
        return Page(data: data, nextCursor: rows.count > limit ? data.last.map(key) : nil)
    }
}
