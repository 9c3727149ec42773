// TestSupport: the parts that every module's tests stand on: a real database file, a real port, a raw connection.
