#!/usr/bin/env python3
"""A device on the way to a domain controller's port 135.

usage: way.py PORT silent                   takes connections and never says a word
       way.py PORT http                     answers whatever comes as a web server does
       way.py PORT alter ADDRESS TOLD       passes all on to ADDRESS, port 135, but in answers of ept_map
                                            every TCP port becomes TOLD: RPC inspection that translates
"""

import re
import socket
import socketserver
import sys
import threading

EPT_MAP = 3
REQUEST = 0
# A floor of a tower: a left side of one byte, TCP (7), a right side of two bytes, the port.
TCP_FLOOR = re.compile(rb"\x01\x00\x07\x02\x00..", re.DOTALL)
WEB_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 11\r\n"
    b"Connection: close\r\n\r\nBad Request"
)


def silent(client):
    while client.recv(65536):
        pass


def http(client):
    if client.recv(65536):
        client.sendall(WEB_ANSWER)


def receive_pdu(sock):
    """One fragment of DCE/RPC as it came, or nothing at the end; the length stands at byte 8."""
    pdu = b""
    while len(pdu) < 16 or len(pdu) < int.from_bytes(pdu[8:10], "little"):
        wanted = 16 if len(pdu) < 16 else int.from_bytes(pdu[8:10], "little")
        part = sock.recv(wanted - len(pdu))
        if not part:
            return b""
        pdu += part
    return pdu


def alter(client, address, told):
    floor = b"\x01\x00\x07\x02\x00" + int(told).to_bytes(2, "big")
    asked = {"operation": None}

    def back(server):
        while pdu := receive_pdu(server):
            if asked["operation"] == EPT_MAP:
                pdu = TCP_FLOOR.sub(lambda _: floor, pdu)
            client.sendall(pdu)
        client.shutdown(socket.SHUT_WR)

    with socket.create_connection((address, 135)) as server:
        threading.Thread(target=back, args=(server,), daemon=True).start()
        while pdu := receive_pdu(client):
            if pdu[2] == REQUEST:
                asked["operation"] = int.from_bytes(pdu[22:24], "little")
            server.sendall(pdu)


def main():
    port, kind, *arguments = sys.argv[1:]
    play = {"silent": silent, "http": http, "alter": alter}[kind]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                play(self.request, *arguments)
            except OSError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 64

    with Server(("", int(port)), Handler) as server:
        server.serve_forever()


main()
