"""A sound server of ranges, in a thread of the suite: only the tool is disturbed."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def serve(directory: Path) -> str:
    """The URL of the files in a directory, which do not change."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:  # noqa: N802 - the library calls it so
            data = (directory / self.path.lstrip("/")).read_bytes()
            if self.headers.get("If-None-Match") == '"one"':
                self.answer(304, b"")
                return
            first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
            part = data[first:last + 1]
            self.answer(206, part, **{"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(data)}"})

        def answer(self, status: int, body: bytes, **fields: str) -> None:
            self.send_response(status)
            for name, value in {"ETag": '"one"', "Content-Length": str(len(body)), **fields}.items():
                if status == 206 or name == "ETag":
                    self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
