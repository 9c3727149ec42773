"""What was mailed, read from the outbox in the server's file as its owner could."""
import contextlib
import sqlite3


def outbox(server, recipient, place=-1):
    """The text of the newest message to an address, or of another one by its place."""
    with contextlib.closing(sqlite3.connect(f"file:{server.folder / 'raptorflow.db'}?mode=ro", uri=True)) as file:
        rows = file.execute("SELECT text FROM messages WHERE recipient = ? ORDER BY id", (recipient,)).fetchall()
    assert rows, f"nothing was mailed to {recipient}"
    return rows[place][0]
