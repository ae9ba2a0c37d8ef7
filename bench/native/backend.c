/*
 * The upstream of every measured proxy: one thread, one epoll set, answers prepared in advance, so that it leaves the
 * load generator, which shares its CPU, as much of that CPU as it can.
 *
 *   backend H1_PORT H2C_PORT GRPC_PORT GRPC_STREAM_PORT      (loopback only; prints "ready" when it listens; ends on SIGTERM)
 *
 * H1_PORT speaks HTTP/1.1 keep-alive and looks only at the last segment of the path:
 *   small      100 bytes            16k   16 KiB             1m   1 MiB
 *   head       the request head as it arrived (what a proxy added is checked with it)
 *   sse        one 100-byte event every 100 ms per stream, chunked; an event carries CLOCK_MONOTONIC in ns
 *   ws         RFC 6455 echo of unfragmented messages below 126 bytes, for the key of section 1.3 only
 * Request bodies are not expected there. The other ports speak HTTP/2 with prior knowledge. They look at frames and never at
 * the request's fields, which is legal for a server that does not need them and saves the whole of HPACK:
 *   H2C_PORT          100 bytes for every stream
 *   GRPC_PORT         one 100-byte gRPC message and grpc-status 0 in trailers, once the client has half-closed
 *   GRPC_STREAM_PORT  a hundred such messages, each written by a system call of its own, streams taking turns
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { IN_SIZE = 32 * 1024, SSE_PERIOD_MS = 100, STREAM_MESSAGES = 100, MESSAGE = 100 };
enum kind { H1, H2C, GRPC, GRPC_STREAM, WS, SSE };

struct answer {
  char *bytes;
  size_t length;
};

/* A response in progress on an HTTP/2 connection. */
struct stream {
  uint32_t id;
  int sent; /* messages */
};

struct connection {
  int fd;
  bool listener;
  enum kind kind;
  /* Input not consumed yet. */
  char *in;
  size_t in_length;
  /* Output not accepted by the kernel yet: either a prepared answer (never freed) or `out`, which this connection owns. */
  const char *pending;
  size_t pending_length;
  char *out;
  size_t out_length, out_capacity;
  /* HTTP/2. */
  bool preface_seen;
  int64_t send_window;
  uint32_t received;
  struct stream *streams;
  size_t streams_length, streams_capacity;
  /* SSE: position in the wheel. */
  struct connection *next_in_slot, *previous_in_slot;
  int slot;
};

static int epoll_fd;
static struct answer small, medium, large, not_found, sse_head, ws_head;
static struct connection *wheel[SSE_PERIOD_MS];
static int wheel_next_slot, streaming;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct answer body_of(size_t length) {
  char head[256];
  int head_length = snprintf(head, sizeof head,
                             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", length);
  struct answer a = {malloc(head_length + length), head_length + length};
  memcpy(a.bytes, head, head_length);
  memset(a.bytes + head_length, 'x', length);
  return a;
}

static struct answer text(const char *s) { return (struct answer){strdup(s), strlen(s)}; }

static void leave_wheel(struct connection *c) {
  if (c->kind != SSE) return;
  streaming--;
  if (c->previous_in_slot) c->previous_in_slot->next_in_slot = c->next_in_slot;
  else wheel[c->slot] = c->next_in_slot;
  if (c->next_in_slot) c->next_in_slot->previous_in_slot = c->previous_in_slot;
}

static void enter_wheel(struct connection *c) {
  c->kind = SSE;
  streaming++;
  c->slot = wheel_next_slot++ % SSE_PERIOD_MS;
  c->previous_in_slot = NULL;
  c->next_in_slot = wheel[c->slot];
  if (c->next_in_slot) c->next_in_slot->previous_in_slot = c;
  wheel[c->slot] = c;
}

static void close_connection(struct connection *c) {
  leave_wheel(c);
  close(c->fd);
  free(c->in);
  free(c->out);
  free(c->streams);
  free(c);
}

static void append(struct connection *c, const void *bytes, size_t length) {
  if (c->out_length + length > c->out_capacity) {
    c->out_capacity = (c->out_length + length) * 2;
    c->out = realloc(c->out, c->out_capacity);
  }
  memcpy(c->out + c->out_length, bytes, length);
  c->out_length += length;
}

/* Sends what waits. False: the connection is broken. All of it is gone when pending_length and out_length are 0. */
static bool flush(struct connection *c) {
  while (c->pending_length > 0) {
    ssize_t n = send(c->fd, c->pending, c->pending_length, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    c->pending += n;
    c->pending_length -= n;
  }
  if (c->out_length > 0) {
    ssize_t n = send(c->fd, c->out, c->out_length, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    c->out_length -= n;
    memmove(c->out, c->out + n, c->out_length);
  }
  return true;
}

static bool blocked(const struct connection *c) { return c->pending_length > 0 || c->out_length > 0; }

/* ---- HTTP/1.1 ---- */

static bool segment_is(const char *segment, size_t length, const char *name) {
  return length == strlen(name) && memcmp(segment, name, length) == 0;
}

static void answer_request(struct connection *c, const char *head, size_t head_length) {
  const char *line_end = memchr(head, '\r', head_length);
  const char *path = memchr(head, ' ', line_end - head);
  const char *path_end = path ? memchr(path + 1, ' ', line_end - path - 1) : NULL;
  if (!path_end) {
    c->pending = not_found.bytes;
    c->pending_length = not_found.length;
    return;
  }
  const char *segment = path_end;
  while (segment > path + 1 && segment[-1] != '/') segment--;
  size_t length = path_end - segment;
  struct answer a = not_found;
  if (segment_is(segment, length, "small")) a = small;
  else if (segment_is(segment, length, "16k")) a = medium;
  else if (segment_is(segment, length, "1m")) a = large;
  else if (segment_is(segment, length, "sse")) {
    a = sse_head;
    enter_wheel(c);
  } else if (segment_is(segment, length, "ws")) {
    a = ws_head;
    c->kind = WS;
  } else if (segment_is(segment, length, "head")) {
    char start[128];
    int n = snprintf(start, sizeof start, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", head_length);
    append(c, start, n);
    append(c, head, head_length);
    return;
  }
  c->pending = a.bytes;
  c->pending_length = a.length;
}

/* Answers every complete request in the input; stops where an answer does not leave at once. */
static bool serve_h1(struct connection *c) {
  size_t used = 0;
  while (!blocked(c) && c->kind == H1) {
    char *end = memmem(c->in + used, c->in_length - used, "\r\n\r\n", 4);
    if (!end) break;
    size_t head_length = end + 4 - (c->in + used);
    answer_request(c, c->in + used, head_length);
    used += head_length;
    if (!flush(c)) return false;
  }
  c->in_length -= used;
  memmove(c->in, c->in + used, c->in_length);
  return c->in_length < IN_SIZE;
}

/* ---- WebSocket ---- */

static bool serve_websocket(struct connection *c) {
  size_t used = 0;
  while (c->in_length - used >= 6) {
    unsigned char *frame = (unsigned char *)c->in + used;
    size_t length = frame[1] & 0x7f;
    if (!(frame[1] & 0x80) || length > 125) return false; /* unmasked, or longer than this echo takes */
    if (c->in_length - used < 6 + length) break;
    if ((frame[0] & 0x0f) == 8) return false; /* close */
    char reply[2 + 125];
    reply[0] = frame[0];
    reply[1] = length;
    for (size_t i = 0; i < length; i++) reply[2 + i] = frame[6 + i] ^ frame[2 + i % 4];
    append(c, reply, 2 + length);
    used += 6 + length;
  }
  c->in_length -= used;
  memmove(c->in, c->in + used, c->in_length);
  return flush(c);
}

/* ---- server-sent events ---- */

/* One millisecond of the wheel. A stream whose client does not read loses the event: the events lost are seen by the client. */
static void send_events(int slot) {
  char event[128];
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  /* 64 hex = 100 bytes: "data: ", 20 digits, padding, two line feeds. */
  int n = snprintf(event, sizeof event, "64\r\ndata: %020lld %071d\n\n\r\n",
                   (long long)now.tv_sec * 1000000000LL + now.tv_nsec, 0);
  for (struct connection *c = wheel[slot], *next; c; c = next) {
    next = c->next_in_slot;
    if (!blocked(c)) append(c, event, n);
    /* This wake-up may hold an event of the same connection, so it is closed by its own event. */
    if (!flush(c)) shutdown(c->fd, SHUT_RDWR);
  }
}

/* ---- HTTP/2 ---- */

static void append_frame(struct connection *c, int type, int flags, uint32_t stream, const void *payload, size_t length) {
  unsigned char head[9] = {length >> 16, length >> 8, length, type, flags, stream >> 24, stream >> 16, stream >> 8, stream};
  append(c, head, 9);
  if (length) append(c, payload, length);
}

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, WINDOW_UPDATE = 8, CONTINUATION = 9 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

/* :status 200 is entry 8 of the static table; content-type (31) and content-length (28) are literals without indexing. */
static const char SMALL_FIELDS[] = "\x88\x0f\x10\x0atext/plain\x0f\x0d\x03" "100";
static const char GRPC_FIELDS[] = "\x88\x0f\x10\x10" "application/grpc";
static const char GRPC_TRAILERS[] = "\x00\x0bgrpc-status\x01" "0";

/* Moves responses on as far as the connection's window and the socket allow. */
static bool pump(struct connection *c) {
  static char message[5 + MESSAGE];
  if (!message[5]) {
    memset(message + 5, 'x', MESSAGE);
    message[4] = MESSAGE;
  }
  bool grpc = c->kind != H2C;
  int messages = c->kind == GRPC_STREAM ? STREAM_MESSAGES : 1;
  const char *payload = grpc ? message : message + 5;
  size_t payload_length = grpc ? sizeof message : MESSAGE;
  while (c->streams_length > 0) {
    size_t kept = 0;
    for (size_t i = 0; i < c->streams_length; i++) {
      struct stream s = c->streams[i];
      bool may_send = c->send_window >= (int64_t)payload_length && !(c->kind == GRPC_STREAM && blocked(c));
      if (may_send) {
        if (s.sent == 0 && grpc) append_frame(c, HEADERS, END_HEADERS, s.id, GRPC_FIELDS, sizeof GRPC_FIELDS - 1);
        if (s.sent == 0 && !grpc) append_frame(c, HEADERS, END_HEADERS, s.id, SMALL_FIELDS, sizeof SMALL_FIELDS - 1);
        append_frame(c, DATA, grpc ? 0 : END_STREAM, s.id, payload, payload_length);
        c->send_window -= payload_length;
        s.sent++;
        if (s.sent == messages && grpc)
          append_frame(c, HEADERS, END_STREAM | END_HEADERS, s.id, GRPC_TRAILERS, sizeof GRPC_TRAILERS - 1);
        if (c->kind == GRPC_STREAM && !flush(c)) return false;
      }
      if (s.sent < messages) c->streams[kept++] = s;
    }
    c->streams_length = kept;
    if (kept > 0 && (c->send_window < (int64_t)payload_length || blocked(c))) break;
  }
  return flush(c);
}

static void begin_stream(struct connection *c, uint32_t id) {
  if (c->streams_length == c->streams_capacity) {
    c->streams_capacity = c->streams_capacity ? c->streams_capacity * 2 : 128;
    c->streams = realloc(c->streams, c->streams_capacity * sizeof *c->streams);
  }
  c->streams[c->streams_length++] = (struct stream){id, 0};
}

static uint32_t be32(const unsigned char *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static bool serve_h2(struct connection *c) {
  size_t used = 0;
  if (!c->preface_seen) {
    if (c->in_length < 24) return true;
    if (memcmp(c->in, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24) != 0) return false;
    c->preface_seen = true;
    used = 24;
    static const unsigned char settings[6] = {0, 3, 0, 0, 0x27, 0x10}; /* 10,000 concurrent streams */
    append_frame(c, SETTINGS, 0, 0, settings, sizeof settings);
  }
  while (c->in_length - used >= 9) {
    unsigned char *head = (unsigned char *)c->in + used;
    size_t length = head[0] << 16 | head[1] << 8 | head[2];
    if (length > 16384) return false;
    if (c->in_length - used < 9 + length) break;
    int type = head[3], flags = head[4];
    uint32_t stream = be32(head + 5) & 0x7fffffff;
    unsigned char *payload = head + 9;
    used += 9 + length;
    switch (type) {
      case DATA:
        c->received += length;
        if (flags & END_STREAM) begin_stream(c, stream);
        break;
      case HEADERS: /* a CONTINUATION may follow: it carries fields only */
        if (flags & END_STREAM) begin_stream(c, stream);
        break;
      case RST_STREAM:
        for (size_t i = 0; i < c->streams_length; i++)
          if (c->streams[i].id == stream) c->streams[i--] = c->streams[--c->streams_length];
        break;
      case SETTINGS:
        if (flags & ACK) break;
        for (size_t i = 0; i + 6 <= length; i += 6)
          if (payload[i] == 0 && payload[i + 1] == 4 && be32(payload + i + 2) < STREAM_MESSAGES * (5 + MESSAGE)) {
            fprintf(stderr, "backend: initial window %u (expected room for one whole response)\n", be32(payload + i + 2));
            return false;
          }
        append_frame(c, SETTINGS, ACK, 0, NULL, 0);
        break;
      case PING:
        if (!(flags & ACK)) append_frame(c, PING, ACK, 0, payload, length);
        break;
      case WINDOW_UPDATE: /* a stream's own window is larger than a response: see SETTINGS */
        if (stream == 0) c->send_window += be32(payload) & 0x7fffffff;
        break;
      default:
        break;
    }
  }
  c->in_length -= used;
  memmove(c->in, c->in + used, c->in_length);
  if (c->received > 32768) {
    unsigned char increment[4] = {c->received >> 24, c->received >> 16, c->received >> 8, c->received};
    append_frame(c, WINDOW_UPDATE, 0, 0, increment, 4);
    c->received = 0;
  }
  return pump(c);
}

/* ---- the loop ---- */

static bool serve(struct connection *c) {
  switch (c->kind) {
    case H1: return serve_h1(c);
    case WS: return serve_websocket(c);
    case SSE: c->in_length = 0; return true;
    default: return serve_h2(c);
  }
}

static bool on_ready(struct connection *c, uint32_t events) {
  if (events & EPOLLOUT) {
    if (!flush(c)) return false;
    if (!blocked(c) && (c->in_length > 0 || c->streams_length > 0) && !serve(c)) return false;
  }
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return true;
  for (;;) { /* edge-triggered: a read that fills less than it could has emptied the socket */
    size_t room = IN_SIZE - c->in_length;
    if (room == 0) return c->kind != H1 || blocked(c);
    ssize_t n = recv(c->fd, c->in + c->in_length, room, 0);
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN;
    c->in_length += n;
    enum kind before = c->kind;
    if (!serve(c)) return false;
    if (before != c->kind && c->in_length > 0 && !serve(c)) return false;
    if ((size_t)n < room) return true;
  }
}

static void watch(int fd, void *owner, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = owner};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0) fail("epoll_ctl");
}

static void listen_on(const char *port, enum kind kind) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0) fail(port);
  struct connection *listener = calloc(1, sizeof *listener);
  *listener = (struct connection){.fd = fd, .listener = true, .kind = kind};
  watch(fd, listener, EPOLLIN);
}

static void accept_all(struct connection *listener) {
  for (;;) {
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = calloc(1, sizeof *c);
    *c = (struct connection){.fd = fd, .kind = listener->kind, .in = malloc(IN_SIZE), .send_window = 65535};
    watch(fd, c, EPOLLIN | EPOLLOUT | EPOLLET);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: backend H1_PORT H2C_PORT GRPC_PORT GRPC_STREAM_PORT\n");
    return 2;
  }
  small = body_of(100);
  medium = body_of(16 * 1024);
  large = body_of(1024 * 1024);
  not_found = text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  sse_head = text("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
  ws_head = text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < 4; i++) listen_on(argv[i + 1], (enum kind[]){H1, H2C, GRPC, GRPC_STREAM}[i]);

  struct connection clock_source = {.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  watch(clock_source.fd, &clock_source, EPOLLIN);
  bool ticking = false;
  long tick = 0;
  puts("ready");
  fflush(stdout);

  struct epoll_event events[512];
  for (;;) {
    int n = epoll_wait(epoll_fd, events, 512, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == &clock_source) {
        uint64_t ticks;
        if (read(c->fd, &ticks, sizeof ticks) != sizeof ticks) continue;
        /* A late wake-up must not send a stream two events at once. */
        for (uint64_t t = 0; t < ticks && t < SSE_PERIOD_MS; t++) send_events(tick++ % SSE_PERIOD_MS);
        tick += ticks > SSE_PERIOD_MS ? (long)(ticks - SSE_PERIOD_MS) : 0;
      } else if (c->listener) {
        accept_all(c);
      } else if (!on_ready(c, events[i].events)) {
        /* The events of one epoll_wait name a connection once, so nothing later in this batch points at it. */
        close_connection(c);
      }
    }
    if (ticking != (streaming > 0)) { /* the clock runs only while somebody streams */
      ticking = streaming > 0;
      long period = ticking ? 1000000 : 0;
      struct itimerspec every = {{0, period}, {0, period}};
      timerfd_settime(clock_source.fd, 0, &every, NULL);
    }
  }
}
