"""A small name server on this machine, which answers for the domains of a test."""
import socketserver
import threading

from dnslib import QTYPE, RR, TXT, DNSRecord


class NameServer(socketserver.ThreadingUDPServer):
    """Answers TXT questions from `records`; counts them, and says nothing while `is_mute`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.records, self.asked, self.is_mute = {}, [], False
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data, socket = self.request
        question = DNSRecord.parse(data)
        name = str(question.q.qname).rstrip(".").lower()
        self.server.asked.append(name)
        if self.server.is_mute:
            return
        answer = question.reply()
        assert QTYPE[question.q.qtype] == "TXT"
        for text in self.server.records.get(name, []):
            parts = [text[at:at + 200].encode() for at in range(0, len(text), 200)]
            answer.add_answer(RR(question.q.qname, QTYPE.TXT, rdata=TXT(parts), ttl=1))
        # Somebody else's answer comes first: it has another id, and must be passed over.
        wrong = DNSRecord.parse(answer.pack())
        wrong.header.id = (question.header.id + 1) % 65536
        wrong.rr = [RR(question.q.qname, QTYPE.TXT, rdata=TXT(b"raptorflow-domain=forged"), ttl=1)]
        socket.sendto(wrong.pack(), self.client_address)
        socket.sendto(answer.pack(), self.client_address)
