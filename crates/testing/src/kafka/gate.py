"""Stands before a broker and does what brokers do before they listen: TLS, by OpenSSL, and logins, with SCRAM by scramp.

Arguments: a JSON object {"listen", "broker"} with "certificate" and "key", "authority" (of clients), "users" {name: password}.
What is said before a login is told apart here; from then on bytes pass as they are.
"""
import json
import socket
import ssl
import struct
import sys
import threading

import scramp

told = json.loads(sys.argv[1])
users = told.get("users")
SCRAM = {"SCRAM-SHA-256": None, "SCRAM-SHA-512": None}
for name in SCRAM:
    kind = scramp.ScramMechanism(name)
    SCRAM[name] = (kind, {user: kind.make_auth_info(password) for user, password in (users or {}).items()})
VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
UNSUPPORTED, ILLEGAL, FAILED = 33, 34, 58


def exactly(stream, size):
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def frame(stream):
    return exactly(stream, struct.unpack(">i", exactly(stream, 4))[0])


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def unvarint(data):
    value = shift = 0
    for place, byte in enumerate(data):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, data[place + 1 :]


def authenticated(version, error, message, answer):
    if version < 2:
        body = struct.pack(">h", error) + (text(message) if message else b"\xff\xff")
        return body + struct.pack(">i", len(answer)) + answer + (struct.pack(">q", 0) if version == 1 else b"")
    body = b"\0" + struct.pack(">h", error)
    body += varint(len(message) + 1) + message.encode() if message else b"\0"
    return body + varint(len(answer) + 1) + answer + struct.pack(">q", 0) + b"\0"


class Login:
    """One login, step by step."""

    def __init__(self, mechanism):
        self.mechanism, self.is_done, self.server = mechanism, False, None

    def step(self, data):
        if self.mechanism == "PLAIN":
            _, user, password = data.decode().split("\0")
            if users.get(user) != password:
                raise PermissionError
            self.is_done = True
            return b""
        kind, known = SCRAM[self.mechanism]
        if self.server is None:
            # The library leaves names as they are written.
            self.server = kind.make_server(lambda user: known[user.replace("=2C", ",").replace("=3D", "=")])
            self.server.set_client_first(data.decode())
            return self.server.get_server_first().encode()
        self.server.set_client_final(data.decode())
        self.is_done = True
        return self.server.get_server_final().encode()


def let_in(client, broker):
    login = None
    while login is None or not login.is_done:
        question = frame(client)
        key, version, number = struct.unpack(">hhi", question[:8])
        size = max(struct.unpack(">h", question[8:10])[0], 0)
        body = question[10 + size :]
        if key == VERSIONS:
            broker.sendall(struct.pack(">i", len(question)) + question)
            answer = frame(broker)
            client.sendall(struct.pack(">i", len(answer)) + answer)
            continue
        if key == HANDSHAKE:
            wanted = body[2:].decode()
            offered = ["PLAIN", *SCRAM]
            login = Login(wanted) if wanted in offered else None
            body = struct.pack(">hi", 0 if login else UNSUPPORTED, len(offered)) + b"".join(map(text, offered))
        elif key == AUTHENTICATE and login is not None:
            if version < 2:
                data = body[4:]
            else:
                size, data = unvarint(body[1:])
                data = data[: size - 1]
            try:
                body = authenticated(version, 0, None, login.step(data))
            except Exception:
                said = "Authentication failed during authentication due to invalid credentials"
                body = authenticated(version, FAILED, f"{said} with SASL mechanism {login.mechanism}", b"")
                login = None
        else:
            return False
        answer = struct.pack(">i", number) + body
        client.sendall(struct.pack(">i", len(answer)) + answer)
    return True


def relay(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
    except OSError:
        pass
    for one in (source, sink):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    try:
        if context is not None:
            client = context.wrap_socket(client, server_side=True)
        broker = socket.create_connection(("127.0.0.1", told["broker"]))
        if users is None or let_in(client, broker):
            threading.Thread(target=relay, args=(broker, client), daemon=True).start()
            relay(client, broker)
            return
        broker.close()
    except (OSError, EOFError):
        pass
    client.close()


context = None
if "certificate" in told:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(told["certificate"], told["key"])
    if "authority" in told:
        context.load_verify_locations(told["authority"])
        context.verify_mode = ssl.CERT_REQUIRED
listener = socket.create_server(("127.0.0.1", told["listen"]))
sys.stderr.write("ready\n")
sys.stderr.flush()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
