// The executable: starts the root command, and nothing else.
import App
import Glibc

exit(await Program.run())
