// App: the composition root; see docs/01-architecture.md.
