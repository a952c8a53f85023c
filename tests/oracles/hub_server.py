"""A Hugging Face Hub on the loopback interface, for tests: repositories in memory, the API and the file addresses as
huggingface_hub speaks them, a second port as the "CDN" that big files are redirected to, and faults on demand.

`server.faults` is a queue: each request takes one entry and behaves so, `None` is normal. `server.log` has every request.
"""
import functools
import hashlib
import json
import socket
import ssl
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

# What a request can suffer. The ones with a body act on GET of a file; on other requests they end the connection.
FAULTS = ["drop", "garbage", "500", "503", "429", "cut", "half-header", "stall", "slow", "wrong", "short", "long",
          "ignore-range", "other-range", "416", "empty"]


@functools.lru_cache(maxsize=None)
def git_blob(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@functools.lru_cache(maxsize=None)
def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Repository:
    """Commits of one repository: path -> bytes. Files of `lfs` paths are LFS files: SHA-256 etag, on the CDN."""

    def __init__(self, kind, name, files, lfs=(), gated=False):
        self.kind, self.name, self.lfs, self.gated = kind, name, set(lfs), gated
        self.commits, self.refs = {}, {}
        self.commit(files)

    def commit(self, files, ref="main"):
        text = json.dumps([self.name, sorted((p, hashlib.sha256(c).hexdigest()) for p, c in files.items()), ref])
        sha = hashlib.sha1(text.encode()).hexdigest()
        self.commits[sha] = dict(files)
        self.refs[ref] = sha
        return sha

    def etag(self, path, content):
        return sha256(content) if path in self.lfs else git_blob(content)


class Log:
    """One request."""

    def __init__(self, method, host, path, headers):
        self.method, self.host, self.path = method, host, path
        self.token = headers.get("Authorization")
        self.range = headers.get("Range")

    def __repr__(self):
        return f"{self.method} {self.host} {self.path} {self.range or ''}"


class HubServer:
    def __init__(self, certificate=None):
        self.repositories, self.renamed = {}, {}
        self.faults, self.log = deque(), []
        self.page = 1000       # files a page of a listing
        self.token = None      # what gated repositories want
        self.pause = 0.0       # seconds between pieces of a body: time to kill a client
        self.stall = 1.0       # seconds that "stall" is silent
        self.gate = threading.Lock()
        self.hub = self._start("127.0.0.1", "hub", certificate)
        self.cdn = self._start("127.0.0.1", "cdn", certificate)
        scheme = "https" if certificate else "http"
        self.endpoint = f"{scheme}://127.0.0.1:{self.hub.server_port}"
        self.cdn_address = f"{scheme}://localhost:{self.cdn.server_port}"

    def _start(self, address, host, certificate):
        server = ThreadingHTTPServer((address, 0), _handler(self, host))
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    def close(self):
        for server in (self.hub, self.cdn):
            server.shutdown()
            server.server_close()

    def add(self, kind, name, files, **options):
        repository = Repository(kind, name, files, **options)
        self.repositories[kind, name] = repository
        return repository

    def downloads(self):
        """GETs of files since the log was cleared; a redirect and what it leads to count once."""
        return [r for r in self.log if r.method == "GET" and "/api/" not in r.path and "/cdn/" not in r.path]

    def next_fault(self):
        with self.gate:
            return self.faults.popleft() if self.faults else None


def _handler(server, host):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def handle_one_request(self):
            try:
                super().handle_one_request()
            except (OSError, ssl.SSLError):
                self.close_connection = True

        def do_HEAD(self):
            self.answer()

        def do_GET(self):
            self.answer()

        # ---- answers ----------------------------------------------------------------------------------------------
        def send(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), str(value))
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def refuse(self, status, code, message="", **headers):
            self.send(status, b"{}", X_Error_Code=code, X_Error_Message=message or code, **headers)

        def answer(self):
            server.log.append(Log(self.command, host, self.path, self.headers))
            self.fault = server.next_fault()
            if self.fault == "drop":
                return self.hang_up()
            if self.fault == "garbage":
                self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
                return self.hang_up()
            if self.fault == "half-header":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
                return self.hang_up()
            if self.fault in ("500", "503", "429"):
                return self.send(int(self.fault), b"busy", **({"Retry_After": "0"} if self.fault == "429" else {}))
            url = urlsplit(self.path)
            parts = [unquote(part) for part in url.path.strip("/").split("/")]
            if host == "cdn":
                return self.answer_cdn(parts)
            if parts[0] == "api":
                return self.answer_api(parts[1:], parse_qs(url.query))
            return self.answer_file(parts)

        def find(self, kind, name, rest):
            """The repository; None where an answer went out already."""
            if (kind, name) in server.renamed:
                new = server.renamed[kind, name]
                path = self.path.replace(name, new, 1)
                self.send(307, b"", Location=path)
                return None
            repository = server.repositories.get((kind, name))
            if repository is None:
                self.refuse(401, "RepoNotFound", "Repository not found")
                return None
            if repository.gated and self.headers.get("Authorization") != f"Bearer {server.token}":
                self.refuse(401 if "Authorization" not in self.headers else 403, "GatedRepo", "Access is restricted")
                return None
            return repository

        def commit_of(self, repository, revision):
            sha = repository.refs.get(revision, revision)
            if sha not in repository.commits:
                self.refuse(404, "RevisionNotFound", "Invalid rev id")
                return None
            return sha

        def answer_api(self, parts, query):
            kind = parts[0]
            if kind not in ("models", "datasets") or not {"revision", "tree"} & set(parts):
                return self.send(404, b"{}")
            split = next(i for i, part in enumerate(parts) if part in ("revision", "tree"))
            repository = self.find(kind, "/".join(parts[1:split]), parts)
            if repository is None:
                return
            sha = self.commit_of(repository, "/".join(parts[split + 1:]))
            if sha is None:
                return
            if parts[split] == "revision":
                answer = {"id": repository.name, "sha": sha, "siblings": [], "tags": [], "private": False, "downloads": 0, "likes": 0}
                return self.send(200, json.dumps(answer).encode(), Content_Type="application/json")
            entries = [{"type": "directory", "path": "folder", "oid": "0" * 40, "size": 0}]
            for path, content in sorted(repository.commits[sha].items()):
                entry = {"type": "file", "path": path, "size": len(content), "oid": git_blob(content)}
                if path in repository.lfs:
                    entry["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 130}
                entries.append(entry)
            begin = int(query.get("cursor", ["0"])[0])
            headers = {"Content_Type": "application/json"}
            if begin + server.page < len(entries):
                base = self.path.split("&cursor=")[0]
                headers["Link"] = f'<{server.endpoint}{base}&cursor={begin + server.page}>; rel="next"'
            body = json.dumps(entries[begin:begin + server.page]).encode()
            if self.fault:  # a listing that breaks off
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
                return self.hang_up()
            self.send(200, body, **headers)

        def answer_file(self, parts):
            kind = "datasets" if parts[0] == "datasets" else "models"
            parts = parts[1:] if kind == "datasets" else parts
            split = parts.index("resolve")
            repository = self.find(kind, "/".join(parts[:split]), parts)
            if repository is None:
                return
            revision, path = parts[split + 1], "/".join(parts[split + 2:])
            sha = self.commit_of(repository, revision)
            if sha is None:
                return
            content = repository.commits[sha].get(path)
            if content is None:
                return self.refuse(404, "EntryNotFound", "Entry not found", X_Repo_Commit=sha)
            etag = repository.etag(path, content)
            if path in repository.lfs:
                place = f"{server.cdn_address}/cdn/{kind}/{repository.name}/{sha}/{etag}"
                return self.send(302, b"", Location=place, X_Repo_Commit=sha, X_Linked_Etag=f'"{etag}"',
                                 X_Linked_Size=len(content), ETag='"of the redirect"')
            self.send_content(content, X_Repo_Commit=sha, ETag=f'W/"{etag}"')

        def answer_cdn(self, parts):
            repository = server.repositories[parts[1], "/".join(parts[2:-2])]
            files = repository.commits[parts[-2]]
            content = next(c for p, c in files.items() if repository.etag(p, c) == parts[-1])
            self.send_content(content, ETag='"of the CDN"')

        # ---- bodies and their faults ----------------------------------------------------------------------------------
        def send_content(self, content, **headers):
            if self.command == "HEAD":
                return self.hang_up() if self.fault else self.send(200, content, Accept_Ranges="bytes", **headers)
            begin, status, fault = 0, 200, self.fault
            wanted = self.headers.get("Range")
            if wanted and fault != "ignore-range":
                begin = int(wanted.removeprefix("bytes=").rstrip("-"))
                if begin >= len(content):
                    return self.send(416, b"", Content_Range=f"bytes */{len(content)}")
                status = 206
            if fault == "416":
                return self.send(416, b"", Content_Range="bytes */0")
            if fault == "other-range" and wanted:
                begin = max(0, begin - 1)
            body = content[begin:]
            if fault == "wrong":
                body = bytes(byte ^ 0x55 for byte in body)
            if fault == "empty":
                body = b""
            if fault == "short":
                body = body[: len(body) // 2]
            if fault == "long":
                body = body + b"and more"
            if status == 206:
                headers["Content_Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), str(value))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.send_pieces(body, fault)

        def send_pieces(self, body, fault):
            half = len(body) // 2
            if fault in ("cut", "stall"):
                self.wfile.write(body[:half])
                self.wfile.flush()
                if fault == "stall":
                    time.sleep(server.stall)
                return self.hang_up()
            step = max(1, len(body) // 8) if fault == "slow" or server.pause else max(1, len(body))
            for begin in range(0, len(body), step):
                self.wfile.write(body[begin:begin + step])
                self.wfile.flush()
                if fault == "slow" or server.pause:
                    time.sleep(server.pause or 0.02)

        def hang_up(self):
            self.close_connection = True
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    return Handler
