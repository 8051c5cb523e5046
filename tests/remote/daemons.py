"""Servers as they are installed, each on free ports of the loopback device, and authorities that sign for them."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 20  # seconds until a server listens


class Authority:
    """A certificate authority of its own, and a certificate of 127.0.0.1 and localhost that it signed."""

    def __init__(self, directory: Path):
        directory.mkdir()
        self.certificate, self.key, self.pem = (directory / name for name in ("ca.pem", "key.pem", "server.pem"))
        request, names = directory / "request.pem", directory / "names"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self._openssl("req", "-x509", *new_key, "-subj", f"/CN={directory.name}", "-days", "2",
                      "-keyout", directory / "ca.key", "-out", self.certificate)
        self._openssl("req", *new_key, "-subj", "/CN=localhost", "-keyout", self.key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", directory / "ca.key",
                      "-set_serial", "1", "-days", "2", "-extfile", names, "-out", self.pem)
        (directory / "both.pem").write_text(self.key.read_text() + self.pem.read_text())
        self.both = directory / "both.pem"

    @staticmethod
    def _openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Daemon:
    """A server of the files in a folder: plain, and where there is an authority by TLS, and on a port of the latter kind
    that redirects to the former."""

    name = ""
    program = ""

    @classmethod
    def path(cls) -> str | None:
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")

    def __init__(self, files: Path, scratch: Path, authority: Authority | None = None):
        self.files, self.scratch, self.authority = files, scratch, authority
        scratch.mkdir()
        self.ports = [free_port() for _ in range(3 if authority else 1)]
        self.plain = f"http://127.0.0.1:{self.ports[0]}"
        if authority:
            self.tls, self.downgrade = (f"https://127.0.0.1:{port}" for port in self.ports[1:])
        self.config = scratch / "config"
        self.config.write_text(self.settings())
        self.log = open(scratch / "log", "wb")
        self.process: subprocess.Popen | None = None

    def settings(self) -> str:
        raise NotImplementedError

    def words(self) -> list[object]:
        raise NotImplementedError

    def __enter__(self):
        self.process = subprocess.Popen([str(word) for word in self.words()], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, cwd=self.scratch,
                                        env=dict(os.environ, HOME=str(self.scratch)))
        for port in self.ports:
            self._wait_for(port)
        return self

    def _wait_for(self, port: int) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    said = (self.scratch / "log").read_text(errors="replace")
                    raise RuntimeError(f"{self.name} does not start: {said[-2000:]}") from None
                time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Nginx(Daemon):
    name = program = "nginx"

    def words(self) -> list[object]:
        return [self.path(), "-p", self.scratch, "-c", self.config, "-e", self.scratch / "errors"]

    def settings(self) -> str:
        temporary = "\n".join(f"  {kind}_temp_path {self.scratch}/{kind};"
                              for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        secure = ""
        if self.authority:
            keys = f"ssl_certificate {self.authority.pem}; ssl_certificate_key {self.authority.key};"
            secure = f"""  server {{ listen 127.0.0.1:{self.ports[1]} ssl http2; {keys} root {self.files}; }}
  server {{ listen 127.0.0.1:{self.ports[2]} ssl http2; {keys} return 302 {self.plain}$request_uri; }}
"""
        return f"""daemon off; master_process off; pid {self.scratch}/pid; error_log {self.scratch}/errors;
events {{ }}
http {{
{temporary}
  access_log {self.scratch}/access; sendfile on; gzip on; gzip_types *; default_type application/octet-stream;
  server {{ listen 127.0.0.1:{self.ports[0]}; root {self.files}; }}
{secure}}}
"""


class Lighttpd(Daemon):
    name = program = "lighttpd"

    def words(self) -> list[object]:
        return [self.path(), "-D", "-f", self.config]

    def settings(self) -> str:
        plain, tls, downgrade = self.ports
        secure = f'ssl.engine = "enable" ssl.pemfile = "{self.authority.both}"'.replace(" ssl.p", "\n  ssl.p")
        return f"""server.modules = ("mod_openssl", "mod_redirect")
server.document-root = "{self.files}"
server.bind = "127.0.0.1"
server.port = {plain}
server.errorlog = "{self.scratch}/errors"
server.upload-dirs = ("{self.scratch}")
mimetype.assign = ("" => "application/octet-stream")
$SERVER["socket"] == "127.0.0.1:{tls}" {{
  {secure}
}}
$SERVER["socket"] == "127.0.0.1:{downgrade}" {{
  {secure}
  url.redirect = ("^(/.*)" => "{self.plain}$1")
}}
"""


class Caddy(Daemon):
    name = program = "caddy"

    def words(self) -> list[object]:
        return [self.path(), "run", "--config", self.config, "--adapter", "caddyfile"]

    def settings(self) -> str:
        plain, tls, downgrade = self.ports
        keys = f"tls {self.authority.pem} {self.authority.key}"
        return f"""{{
	admin off
	auto_https off
	default_bind 127.0.0.1
	storage file_system {self.scratch}
}}
:{plain} {{
	root * {self.files}
	encode gzip
	file_server
}}
https://127.0.0.1:{tls}, https://localhost:{tls} {{
	{keys}
	root * {self.files}
	encode gzip
	file_server
}}
https://127.0.0.1:{downgrade} {{
	{keys}
	redir {self.plain}{{uri}}
}}
"""


class Tinyproxy(Daemon):
    """A proxy, on the first of the ports."""

    name = program = "tinyproxy"

    def __init__(self, scratch: Path):
        scratch.mkdir()
        self.scratch = scratch
        self.ports = [free_port()]
        self.plain = f"http://127.0.0.1:{self.ports[0]}"
        self.config = scratch / "config"
        self.requests = scratch / "requests"
        # It may connect to any port, as servers of tests have any.
        self.config.write_text(f'Port {self.ports[0]}\nListen 127.0.0.1\nLogFile "{self.requests}"\nLogLevel Connect\n'
                               f'MaxClients 50\nAllow 127.0.0.1\nPidFile "{scratch}/pid"\n')
        self.log = open(scratch / "log", "wb")
        self.process = None

    def words(self) -> list[object]:
        return [self.path(), "-d", "-c", self.config]


DAEMONS = (Nginx, Lighttpd, Caddy)
