// Argon2id (RFC 9106) over the C library, with memory that goes back to the system after each hash.
import CArgon2
import Glibc

/// One run of Argon2id.
enum Argon2 {
    /// What a hash costs: memory in KiB, passes, lanes.
    struct Cost: Sendable, Hashable {
        let memory: UInt32
        let passes: UInt32
        let lanes: UInt32

        /// OWASP's minimum of 2023 and later: 19 MiB, two passes, one lane; about 18 ms.
        static let current = Cost(memory: 19_456, passes: 2, lanes: 1)

        /// Whether a stored hash may ask for it: a touched row must not take gigabytes or minutes.
        var isBearable: Bool { memory <= 262_144 && passes <= 16 && (1...4).contains(lanes) }
    }

    /// What the C library answered when it refused, by its own code.
    struct Failure: Error, Equatable {
        let code: Int32
    }

    /// The tag of a password. `secret` and `data` are the optional inputs of RFC 9106 section 3.1.
    static func tag(
        of password: [UInt8], salt: [UInt8], cost: Cost, length: Int = 32, secret: [UInt8] = [], data: [UInt8] = []
    ) throws -> [UInt8] {
        var (password, salt, secret, data) = (password, salt, secret, data)
        var tag = [UInt8](repeating: 0, count: length)
        let code = tag.withUnsafeMutableBufferPointer { tag in
            password.withUnsafeMutableBufferPointer { password in
                salt.withUnsafeMutableBufferPointer { salt in
                    secret.withUnsafeMutableBufferPointer { secret in
                        data.withUnsafeMutableBufferPointer { data in
                            run(tag, password, salt, secret, data, cost)
                        }
                    }
                }
            }
        }
        guard code == ARGON2_OK.rawValue else { throw Failure(code: code) }
        return tag
    }

    private typealias Bytes = UnsafeMutableBufferPointer<UInt8>

    private static func run(
        _ tag: Bytes, _ password: Bytes, _ salt: Bytes, _ secret: Bytes, _ data: Bytes, _ cost: Cost
    ) -> Int32 {
        var context = argon2_context()
        (context.out, context.outlen) = (tag.baseAddress, UInt32(clamping: tag.count))
        (context.pwd, context.pwdlen) = (password.baseAddress, UInt32(clamping: password.count))
        (context.salt, context.saltlen) = (salt.baseAddress, UInt32(clamping: salt.count))
        // An empty array has an address of its own, which the library takes for a mistake unless its length is 0 too.
        context.secret = secret.isEmpty ? nil : secret.baseAddress
        context.secretlen = UInt32(clamping: secret.count)
        context.ad = data.isEmpty ? nil : data.baseAddress
        context.adlen = UInt32(clamping: data.count)
        (context.t_cost, context.m_cost) = (cost.passes, cost.memory)
        (context.lanes, context.threads) = (cost.lanes, 1)
        context.version = ARGON2_VERSION_13.rawValue
        context.allocate_cbk = { memory, count in
            let pages = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let pages, pages != MAP_FAILED else { return Int32(ARGON2_MEMORY_ALLOCATION_ERROR.rawValue) }
            memory?.pointee = pages.assumingMemoryBound(to: UInt8.self)
            return 0
        }
        context.free_cbk = { memory, count in
            if let memory { munmap(memory, count) }
        }
        return argon2id_ctx(&context)
    }
}
