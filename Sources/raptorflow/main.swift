// The executable: starts the root command, and nothing else.
import App
import Glibc
import NIOCore
import NIOPosix

if getenv("RF_TAKEOVER") != nil {
    _ = NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
}
exit(await Program.run())
