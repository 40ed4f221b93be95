"""A web server for what rules send: it keeps each request and answers as it is told."""
import http.server
import queue
import ssl
import threading
import types


class Webhook:
    """`answers` are given one by one, then 200: a status; (status, headers, body); or a function of the handler."""

    def __init__(self, *answers):
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                hook.requests.put(types.SimpleNamespace(command=self.command, path=self.path, headers=self.headers, body=body))
                try:
                    hook.answer(self)
                except OSError:
                    self.close_connection = True

            do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.answers, self.requests, self.lock = list(answers), queue.Queue(), threading.Lock()
        self.ends = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def answer(self, handler):
        with self.lock:
            answer = self.answers.pop(0) if self.answers else 200
        if callable(answer):
            answer(handler)
            return
        status, headers, body = answer if isinstance(answer, tuple) else (answer, {}, b"")
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def serve_tls(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def hang(self, _handler):
        self.ends.wait(60)

    def take(self, within_s=20):
        return self.requests.get(timeout=within_s)

    def close(self):
        self.ends.set()
        self.server.shutdown()
        self.server.server_close()
