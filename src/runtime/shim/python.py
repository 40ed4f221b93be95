# Runs a Python function over AWS's Runtime API [AWS rules-and-functions 8], with nothing but the
# standard library. The server starts it as: python3 -c THIS
import importlib.machinery
import json
import os
import socket
import sys
import time
import traceback

HOST, PORT = os.environ['AWS_LAMBDA_RUNTIME_API'].rsplit(':', 1)
PREFIX = '/2018-06-01/runtime/'
ROOT = os.environ['LAMBDA_TASK_ROOT']
NBSP = '\u00a0'


class Api:
    """Requests of HTTP/1.1 on one connection: importing http.client would take longer than most functions."""

    def __init__(self):
        self.input = None

    def connect(self):
        self.socket = socket.create_connection((HOST, int(PORT)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile('rb')

    def ask(self, method, path, body=b'', error_type=None):
        if self.input is None:
            self.connect()
        head = '%s %s%s HTTP/1.1\r\nHost: %s:%s\r\nContent-Length: %d\r\n' % (
            method, PREFIX, path, HOST, PORT, len(body))
        if error_type:
            head += 'Lambda-Runtime-Function-Error-Type: %s\r\n' % error_type
        self.socket.sendall(head.encode() + b'\r\n' + body)
        return self.answer()

    def answer(self):
        status = self.input.readline().split()
        if len(status) < 2:
            sys.exit(1)  # the server is gone
        headers = {}
        while True:
            line = self.input.readline().strip()
            if not line:
                break
            name, value = line.decode('utf-8', 'replace').split(':', 1)
            headers[name.lower()] = value.strip()
        body = self.input.read(int(headers.get('content-length', 0)))
        if headers.get('connection') == 'close':
            self.socket.close()
            self.input = None
        return int(status[1]), headers, body


api = Api()


class Fault(Exception):
    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind, self.trace = kind, trace or []


# ---- log ----

current_id = ''


def post_import(name, then):
    """Has `then` see a module when, and only when, the function imports it."""
    wanted[name] = then


class Watcher:
    @staticmethod
    def find_spec(name, path=None, target=None):
        then = wanted.pop(name, None)
        if not then:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and spec.loader and hasattr(spec.loader, 'exec_module'):
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                then(module)
            spec.loader.exec_module = exec_module
        return spec


wanted = {}


def set_up_logging(logging):
    """[INFO]\t2026-01-02T03:04:05.678Z\tREQUEST-ID\tmessage, one event however many lines it has"""
    class Handler(logging.Handler):
        def emit(self, record):
            try:
                text = self.format(record)
                sys.stdout.write(text.rstrip('\n').replace('\n', '\r') + '\n')
            except Exception:
                self.handleError(record)

    class WithRequestId(logging.Filter):
        def filter(self, record):
            record.aws_request_id = current_id
            return True

    formatter = logging.Formatter('[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n',
                                  '%Y-%m-%dT%H:%M:%S')
    formatter.converter = time.gmtime
    handler = Handler()
    handler.setFormatter(formatter)
    handler.addFilter(WithRequestId())
    logging.getLogger().addHandler(handler)


def log_error(kind, message, trace):
    lines = ['[ERROR] %s: %s' % (kind, message) if message else '[ERROR] %s' % kind]
    if trace:
        lines.append('Traceback (most recent call last):')
        for entry in trace:
            for line in entry.splitlines():
                text = line.lstrip(' ')
                lines.append(NBSP * (len(line) - len(text)) + text)
    sys.stdout.write('\r'.join(line.replace('\n', '\r') for line in lines) + '\n')


# ---- home ----

def bring_home(session):
    """botocore before 1.31 knows no AWS_ENDPOINT_URL; clients without an endpoint of their own get it here."""
    import botocore
    if tuple(int(n) for n in botocore.__version__.split('.')[:2]) >= (1, 31):
        return
    create = session.Session.create_client

    def create_client(self, service_name, *args, **kwargs):
        if len(args) < 5 and not kwargs.get('endpoint_url'):
            named = 'AWS_ENDPOINT_URL_' + service_name.upper().replace('-', '_').replace(' ', '_')
            home = os.environ.get(named) or os.environ.get('AWS_ENDPOINT_URL')
            if home:
                kwargs['endpoint_url'] = home
        return create(self, service_name, *args, **kwargs)
    session.Session.create_client = create_client


# ---- handler ----

class Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    def __init__(self, given):
        self.__dict__.update(given)


class ClientContext:
    def __init__(self, given):
        self.client = Client(given['client']) if isinstance(given.get('client'), dict) else None
        self.custom, self.env = given.get('custom'), given.get('env')


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers.get('lambda-runtime-aws-request-id', '')
        self.invoked_function_arn = headers.get('lambda-runtime-invoked-function-arn', '')
        self.deadline_ms = int(headers.get('lambda-runtime-deadline-ms', 0))
        self.function_name = os.environ.get('AWS_LAMBDA_FUNCTION_NAME')
        self.function_version = os.environ.get('AWS_LAMBDA_FUNCTION_VERSION')
        self.memory_limit_in_mb = os.environ.get('AWS_LAMBDA_FUNCTION_MEMORY_SIZE')
        self.log_group_name = os.environ.get('AWS_LAMBDA_LOG_GROUP_NAME')
        self.log_stream_name = os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME')
        self.identity = Identity()
        given = headers.get('lambda-runtime-client-context')
        try:
            given = json.loads(given) if given else None
        except ValueError:
            given = None
        self.client_context = ClientContext(given) if isinstance(given, dict) else None

    def get_remaining_time_in_millis(self):
        return max(self.deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


def find_handler(handler):
    module_name, dot, function_name = handler.rpartition('.')
    if not dot:
        raise Fault('Runtime.MalformedHandlerName',
                    "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    if module_name.split('.')[0] in sys.builtin_module_names:
        raise Fault('Runtime.BuiltInModuleConflict',
                    'Cannot use built-in module %s as a handler module' % module_name)
    try:
        module = importlib.import_module(module_name.replace('/', '.'))
    except ImportError as e:
        explain_absence(e)
        raise Fault('Runtime.ImportModuleError', "Unable to import module '%s': %s" % (module_name, e))
    except SyntaxError as e:
        raise Fault('Runtime.UserCodeSyntaxError', "Syntax error in module '%s': %s" % (module_name, e),
                    ['  File "%s" Line %s\n    %s' % (e.filename, e.lineno, e.text)])
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault('Runtime.HandlerNotFound', "Handler '%s' missing on module '%s'" % (function_name, module_name))


def explain_absence(e):
    if getattr(e, 'name', None) in ('boto3', 'botocore'):
        sys.stdout.write('[kedge] %s of Python %d.%d (%s) is not there; AWS brings it, here it comes from the '
                         'machine (apt install python3-boto3) or inside the package of the function\n'
                         % (e.name, sys.version_info[0], sys.version_info[1], sys.executable))


def trace_of(error):
    """The stack of what the function did, without our frames and the import machinery's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = ('<string>', '<frozen importlib._bootstrap>', '<frozen importlib._bootstrap_external>',
           importlib.__file__)
    return traceback.format_list([f for f in frames if f.filename not in own])


def describe(error):
    if isinstance(error, Fault):
        return error.kind, str(error), error.trace
    return type(error).__name__, str(error), trace_of(error)


def report(path, error, request_id):
    kind, message, trace = describe(error)
    log_error(kind, message, trace)
    body = json.dumps({'errorMessage': message, 'errorType': kind, 'requestId': request_id, 'stackTrace': trace})
    flush()
    api.ask('POST', path, body.encode(), kind if kind.isprintable() and kind.isascii() else 'Error')


def plain(value):
    if type(value).__name__ == 'Decimal':
        return float(value)
    raise TypeError('Object of type %s is not JSON serializable' % type(value).__name__)


def encode(result):
    try:
        return json.dumps(result, ensure_ascii=False, default=plain).encode()
    except Exception as e:
        raise Fault('Runtime.MarshalError', 'Unable to marshal response: %s' % e)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # the function closed it


def run(handler, headers, body):
    global current_id
    context = Context(headers)
    current_id = context.aws_request_id
    os.environ['_X_AMZN_TRACE_ID'] = headers.get('lambda-runtime-trace-id', '')
    try:
        try:
            event = json.loads(body)
        except ValueError as e:
            raise Fault('Runtime.UnmarshalError', 'Unable to unmarshal input: %s' % e)
        result = encode(handler(event, context))
    except Exception as e:
        report('invocation/%s/error' % current_id, e, current_id)
        return
    flush()
    api.ask('POST', 'invocation/%s/response' % current_id, result)


def main():
    sys.stdout.reconfigure(line_buffering=True, errors='backslashreplace')
    sys.path[0:1] = [ROOT, '/opt/python']
    sys.argv = ['bootstrap']
    post_import('logging', set_up_logging)
    post_import('botocore.session', bring_home)
    sys.meta_path.insert(0, Watcher)
    try:
        handler = find_handler(os.environ['_HANDLER'])
    except Exception as e:
        report('init/error', e, '')
        sys.exit(1)
    while True:
        status, headers, body = api.ask('GET', 'invocation/next')
        if status != 200:
            sys.exit(1)
        run(handler, headers, body)


main()
