"""An HTTP server on loopback that answers as recording.json says. Its port is the first line that it prints; what it was asked
is written to asked.log."""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Recorded(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        parts = urlsplit(self.path)
        asked = {"method": self.command, "path": parts.path, "query": parse_qs(parts.query), "body": body}
        with open("asked.log", "a") as log:
            log.write(json.dumps(asked) + "\n")
        text = json.dumps(asked)
        for entry in json.load(open("recording.json")):
            if entry["path"] == parts.path and all(part in text for part in entry.get("with", [])):
                return self.send(entry.get("status", 200), json.dumps(entry["answer"]).replace("HERE", here))
        self.send(404, json.dumps([{"errorCode": "NOT_FOUND", "message": "not recorded"}]))

    do_GET = do_POST = answer

    def send(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
here = f"http://127.0.0.1:{server.server_port}"
print(here, flush=True)
server.serve_forever()
