// Counts open connections, all together and per address, and closes what is left when the server has to stop.
import Core
import NIOCore
import Synchronization

/// The open connections of one server.
final class Admission: Sendable {
    private struct Open {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var perAddress: [ClientAddress: Int] = [:]
    }

    private let open = Mutex(Open())
    private let limit: Int
    private let proxies: TrustedProxies

    init(limits: ConnectionLimits, proxies: TrustedProxies) {
        limit = limits.connectionsPerAddress
        self.proxies = proxies
    }

    /// How many connections are open.
    var count: Int { open.withLock { $0.channels.count } }

    /// Takes a connection in until it closes; false when its address has too many already.
    func admit(_ channel: any Channel) -> Bool {
        let address = ClientAddress(channel.remoteAddress).flatMap { proxies.contains($0) ? nil : $0.network }
        let isAdmitted = open.withLock { open in
            if let address {
                let count = open.perAddress[address, default: 0]
                guard count < limit else { return false }
                open.perAddress[address] = count + 1
            }
            open.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [self] _ in release(ObjectIdentifier(channel), address) }
        return true
    }

    private func release(_ channel: ObjectIdentifier, _ address: ClientAddress?) {
        open.withLock { open in
            open.channels[channel] = nil
            guard let address, let count = open.perAddress[address] else { return }
            open.perAddress[address] = count > 1 ? count - 1 : nil
        }
    }

    /// Ends every connection, whatever it is doing.
    func closeAll() {
        let channels = open.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }
}
