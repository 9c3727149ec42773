// Encodes Swift values as JSON bytes in one pass: every answer goes through here.
import Core

/// An `Encoder` that writes as it is asked, without a tree in between.
///
/// Foundation's encoder builds a value of every field first; on small answers that is most of its time. Fields come in
/// the order in which the type encodes them, so equal values have equal bytes.
final class JSONWriter {
    private(set) var bytes: [UInt8] = []

    /// The bytes of a value.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        writer.bytes.reserveCapacity(512)
        try writer.write(value)
        return writer.bytes
    }

    fileprivate func write<Value: Encodable>(_ value: Value) throws {
        let slot = Slot(writer: self)
        try value.encode(to: slot)
        slot.close()
    }

    fileprivate func raw(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }
    fileprivate func number(_ value: some BinaryInteger) { bytes.append(contentsOf: String(value).utf8) }

    fileprivate func number(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no such number"))
        }
        bytes.append(contentsOf: String(value).utf8)
    }

    fileprivate func string(_ text: String) { JSONText.append(quoted: text, to: &bytes) }
}

/// The place of one value; remembers which bracket has to be closed.
private final class Slot: Encoder {
    let writer: JSONWriter
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var closing: StaticString?
    private var isEmpty = true
    /// A container inside this one that is not closed yet.
    private var inner: Slot?

    init(writer: JSONWriter) { self.writer = writer }

    /// Ends the value; one that encoded nothing is an empty object, as Foundation has it.
    func close() {
        inner?.close()
        if let closing { writer.raw(closing) } else if isEmpty { writer.raw("{}") }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        open("{", "}")
        return KeyedEncodingContainer(Fields<Key>(slot: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        open("[", "]")
        return Elements(slot: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Scalar(slot: self) }

    private func open(_ opening: StaticString, _ closing: StaticString) {
        // A type may ask for its container more than once, as subclasses do.
        if self.closing == nil { writer.raw(opening) }
        self.closing = closing
    }

    /// Before a field or an element.
    func separate() {
        inner?.close()
        inner = nil
        if isEmpty { isEmpty = false } else { writer.raw(",") }
    }

    func name(_ name: String) {
        separate()
        writer.string(name)
        writer.raw(":")
    }

    func nested() -> Slot {
        let slot = Slot(writer: writer)
        inner = slot
        return slot
    }

    /// A single value was written: there is nothing to close.
    func finish() { isEmpty = false }
}

private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        slot.name(key.stringValue)
        slot.writer.raw("null")
    }

    func encode(_ value: Bool, forKey key: Key) {
        slot.name(key.stringValue)
        slot.writer.raw(value ? "true" : "false")
    }

    func encode(_ value: String, forKey key: Key) {
        slot.name(key.stringValue)
        slot.writer.string(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        slot.name(key.stringValue)
        slot.writer.number(value)
    }

    func encode(_ value: Int64, forKey key: Key) {
        slot.name(key.stringValue)
        slot.writer.number(value)
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        slot.name(key.stringValue)
        try slot.writer.write(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        slot.name(key.stringValue)
        return slot.nested().container(keyedBy: keyedBy)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        slot.name(key.stringValue)
        return slot.nested().unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        slot.name("super")
        return slot.nested()
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        slot.name(key.stringValue)
        return slot.nested()
    }
}

private struct Elements: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey] = []
    private(set) var count = 0

    init(slot: Slot) { self.slot = slot }

    mutating func encodeNil() {
        next()
        slot.writer.raw("null")
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        next()
        try slot.writer.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        next()
        return slot.nested().container(keyedBy: keyedBy)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next()
        return slot.nested().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        next()
        return slot.nested()
    }

    private mutating func next() {
        slot.separate()
        count += 1
    }
}

private struct Scalar: SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey] = []

    func encodeNil() { write { $0.raw("null") } }
    func encode(_ value: Bool) { write { $0.raw(value ? "true" : "false") } }
    func encode(_ value: String) { write { $0.string(value) } }
    func encode(_ value: Double) throws { try write { try $0.number(value) } }
    func encode(_ value: Float) throws { try write { try $0.number(Double(value)) } }
    func encode(_ value: Int) { write { $0.number(value) } }
    func encode(_ value: Int8) { write { $0.number(value) } }
    func encode(_ value: Int16) { write { $0.number(value) } }
    func encode(_ value: Int32) { write { $0.number(value) } }
    func encode(_ value: Int64) { write { $0.number(value) } }
    func encode(_ value: UInt) { write { $0.number(value) } }
    func encode(_ value: UInt8) { write { $0.number(value) } }
    func encode(_ value: UInt16) { write { $0.number(value) } }
    func encode(_ value: UInt32) { write { $0.number(value) } }
    func encode(_ value: UInt64) { write { $0.number(value) } }
    func encode<Value: Encodable>(_ value: Value) throws { try write { try $0.write(value) } }

    private func write(_ body: (JSONWriter) throws -> Void) rethrows {
        try body(slot.writer)
        slot.finish()
    }
}
