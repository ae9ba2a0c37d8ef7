/*
 * The load that well-kept generators do not make with the precision wanted here on half a CPU: open-loop HTTP/1.1, WebSocket echo,
 * server-sent events, idle connections; and closed-loop HTTP/1.1 with less CPU than wrk. One thread, one epoll set.
 *
 *   load MODE PORT HOST PATH CONNECTIONS WARM_SECONDS SECONDS [RATE]
 *
 *   closed  each connection sends its next request when the response is complete
 *   open    RATE requests a second, by the clock; a request whose time has come while every connection is busy waits, and its latency
 *           counts from when it should have been sent (no coordinated omission); an answer that is not a 200 is an error, told on
 *           stderr (ten at most), and a connection that ends is made anew: an error if a request was under way
 *   ws      each connection has one 100-byte message under way
 *   sse     reads events; latency is from the backend's CLOCK_MONOTONIC in the event to the read
 *   idle    one request on each connection, at most 64 under way, then silence
 *
 * It connects, warms up, prints "ready" (load goes on), waits for a line on stdin, measures for SECONDS, prints one line of JSON and
 * keeps its connections until stdin ends. So the caller can read the proxy's CPU time exactly at both ends of the window.
 * Elsewhere an answer that is not a 200 ends the program. The JSON: count, errors, seconds, p50/p90/p99/p999/max in microseconds, open (connections still open), busy (share of the window in
 * which this process was on a CPU: near 1 the generator is the limit). Responses need a Content-Length.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum mode { CLOSED, OPEN, WS, SSE, IDLE };
enum phase { CONNECTING, WARMING, WAITING, MEASURING, DONE };
enum { CARRY = 4096, IDLE_IN_FLIGHT = 64, WS_MESSAGE = 100, READ_SIZE = 256 * 1024 };
#define STUCK_NS 10000000000ULL

struct connection {
  int fd;
  bool up;   /* ws: upgraded; sse: response head seen; idle: answered */
  bool busy; /* a request is under way */
  bool closed;
  bool failed; /* the response under way is not a 200 */
  uint64_t due_ns;  /* when the request under way was, or ought to have been, sent */
  uint64_t sent_ns; /* when it was */
  size_t body_left;
  size_t carried; /* the unfinished head, frame or event at the end of the last read */
  char carry[CARRY];
};

static enum mode mode;
static enum phase phase = CONNECTING;
static struct connection *connections;
static int connection_count, up_count, open_count, next_idle;
static int *free_connections, free_count;
static int epoll_fd;
static char request[1024];
static size_t request_length;
static char ws_frame[6 + WS_MESSAGE];
static uint64_t errors, count;
static double rate;
static uint64_t schedule_start_ns, scheduled, taken;
static struct sockaddr_in address;
static int told;

/* ---- latency: log-linear buckets of 1/128 of their octave, in ns ---- */

enum { SUB = 128, BUCKETS = 40 * SUB };
static uint64_t histogram[BUCKETS];
static uint64_t max_ns;

static int bucket_of(uint64_t ns) {
  if (ns < SUB) return ns;
  int shift = 63 - __builtin_clzll(ns) - 7;
  int bucket = (shift + 1) * SUB + (ns >> shift) - SUB;
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static uint64_t bucket_top(int bucket) {
  if (bucket < SUB) return bucket;
  int shift = bucket / SUB - 1;
  return (uint64_t)(bucket % SUB + SUB + 1) << shift;
}

static void record(uint64_t ns) {
  count++;
  histogram[bucket_of(ns)]++;
  if (ns > max_ns) max_ns = ns;
}

static double percentile_us(double p) {
  uint64_t wanted = p * count, seen = 0;
  for (int i = 0; i < BUCKETS; i++) {
    seen += histogram[i];
    if (seen > wanted) return bucket_top(i) / 1000.0;
  }
  return max_ns / 1000.0;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- sending ---- */

static void connect_one(struct connection *c) {
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("load: connect");
    exit(1);
  }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

static void tell(const char *what, const char *bytes, size_t length) {
  if (told++ < 10) fprintf(stderr, "load: %s: %.*s\n", what, (int)(length > 200 ? 200 : length), bytes);
}

/* The connection has ended. */
static void begin_anew(struct connection *c) {
  close(c->fd);
  connect_one(c);
  c->body_left = c->carried = 0;
  c->failed = false;
  if (!c->busy) return;
  c->busy = false;
  if (phase != DONE) errors++;
  tell("a connection was closed before its response was complete", "", 0);
  free_connections[free_count++] = c - connections;
}

static void give_up(struct connection *c) {
  if (c->closed) return;
  if (mode == OPEN && phase != CONNECTING) {
    begin_anew(c);
    return;
  }
  c->closed = true;
  open_count--;
  close(c->fd);
  if (phase != DONE) errors++;
  if (phase == CONNECTING || open_count == 0) {
    fprintf(stderr, "load: a connection was closed %s\n", phase == CONNECTING ? "before it was set up" : "and none is left");
    exit(1);
  }
}

static void send_all(struct connection *c, const char *bytes, size_t length) {
  if (send(c->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) give_up(c);
}

static void send_request(struct connection *c, uint64_t due, uint64_t now) {
  c->busy = true;
  c->due_ns = due;
  c->sent_ns = now;
  if (mode == WS && c->up) send_all(c, ws_frame, sizeof ws_frame);
  else send_all(c, request, request_length);
}

/* Open loop: sends what the clock says, as far as connections are free. */
static void send_due(uint64_t now) {
  if (phase == CONNECTING || phase == DONE) return;
  scheduled = (now - schedule_start_ns) * rate / 1e9;
  while (taken < scheduled && free_count > 0) {
    struct connection *c = &connections[free_connections[--free_count]];
    if (c->closed) continue;
    send_request(c, schedule_start_ns + (uint64_t)(++taken * 1e9 / rate), now);
  }
}

static void response_complete(struct connection *c, uint64_t now) {
  c->busy = false;
  if (phase == MEASURING && !c->failed) record(now - c->due_ns);
  c->failed = false;
  switch (mode) {
    case CLOSED:
    case WS:
      if (phase != DONE) send_request(c, now, now);
      break;
    case OPEN:
      free_connections[free_count++] = c - connections;
      break;
    case IDLE:
      c->up = true;
      up_count++;
      if (next_idle < connection_count) send_request(&connections[next_idle++], now, now);
      break;
    case SSE:
      break;
  }
}

/* ---- receiving: each takes bytes and returns how many it has used; the rest is carried to the next read ---- */

static void unexpected(const char *what, const char *bytes, size_t length) {
  fprintf(stderr, "load: %s: %.*s\n", what, (int)(length > 200 ? 200 : length), bytes);
  exit(1);
}

static size_t take_responses(struct connection *c, const char *bytes, size_t length, uint64_t now) {
  size_t used = 0;
  while (used < length) {
    if (c->body_left == 0) {
      const char *head = bytes + used, *end = memmem(head, length - used, "\r\n\r\n", 4);
      if (!end) return used;
      if (length - used < 12 || memcmp(head + 8, " 200", 4) != 0) {
        if (mode != OPEN) unexpected("not a 200", head, length - used);
        c->failed = true;
        if (phase != DONE) errors++;
        tell("not a 200", head, length - used);
      }
      const char *field = head;
      while ((field = memchr(field, '\n', end - field)) && strncasecmp(++field, "content-length:", 15) != 0)
        if (field >= end) break;
      if (!field || field >= end) unexpected("no Content-Length", head, length - used);
      c->body_left = strtoul(field + 15, NULL, 10);
      used = end + 4 - bytes;
      if (c->body_left == 0) unexpected("an empty body", head, length - used);
    }
    size_t take = length - used < c->body_left ? length - used : c->body_left;
    c->body_left -= take;
    used += take;
    if (c->body_left == 0) response_complete(c, now);
    else return used;
  }
  return used;
}

static size_t take_upgrade(struct connection *c, const char *bytes, size_t length) {
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  if (memcmp(bytes + 8, mode == WS ? " 101" : " 200", 4) != 0) unexpected("refused", bytes, length);
  c->up = true;
  up_count++;
  return end + 4 - bytes;
}

static size_t take_frames(struct connection *c, const char *bytes, size_t length, uint64_t now) {
  size_t used = 0;
  while (length - used >= 2 + WS_MESSAGE) {
    if ((bytes[used + 1] & 0xff) != WS_MESSAGE) unexpected("not the echo", bytes + used, length - used);
    used += 2 + WS_MESSAGE;
    response_complete(c, now);
  }
  return used;
}

static size_t take_events(const char *bytes, size_t length, uint64_t now) {
  size_t used = 0;
  const char *data;
  while ((data = memmem(bytes + used, length - used, "data: ", 6)) && data + 26 <= bytes + length) {
    if (phase == MEASURING) record(now - strtoull(data + 6, NULL, 10));
    used = data + 26 - bytes;
  }
  /* What cannot begin an event need not be carried. */
  if (!data && length - used > 5) used = length - 5;
  return used;
}

static size_t take(struct connection *c, const char *bytes, size_t length, uint64_t now) {
  size_t used = 0;
  if ((mode == WS || mode == SSE) && !c->up) {
    used = take_upgrade(c, bytes, length);
    if (!c->up) return used;
    if (mode == WS) send_request(c, now, now);
  }
  if (mode == WS) return used + take_frames(c, bytes + used, length - used, now);
  if (mode == SSE) return used + take_events(bytes + used, length - used, now);
  return take_responses(c, bytes, length, now);
}

static void receive(struct connection *c, uint64_t now) {
  static char buffer[CARRY + READ_SIZE];
  if (c->closed) return;
  for (;;) {
    memcpy(buffer, c->carry, c->carried);
    ssize_t n = recv(c->fd, buffer + c->carried, READ_SIZE, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      give_up(c);
      return;
    }
    size_t length = c->carried + n, used = take(c, buffer, length, now);
    if (length - used > CARRY) unexpected("a head longer than 4096 bytes", buffer + used, length - used);
    c->carried = length - used;
    memcpy(c->carry, buffer + used, c->carried);
    if (n < READ_SIZE || c->closed) return; /* edge-triggered: the socket is empty */
  }
}

/* ---- setting up and the loop ---- */

static void connect_all(const char *port) {
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (; open_count < connection_count; open_count++) connect_one(&connections[open_count]);
}

static void begin_load(uint64_t now) {
  int first = mode == OPEN ? 0 : mode == IDLE && connection_count > IDLE_IN_FLIGHT ? IDLE_IN_FLIGHT : connection_count;
  next_idle = first;
  schedule_start_ns = now;
  for (int i = 0; i < first; i++) send_request(&connections[i], now, now);
  for (int i = 0; mode == OPEN && i < connection_count; i++) free_connections[free_count++] = i;
}

/* A response that does not come is an error, too. */
static void count_stuck(uint64_t now) {
  for (int i = 0; mode == OPEN && i < connection_count; i++)
    if (connections[i].busy && now > connections[i].sent_ns + STUCK_NS) {
      errors++;
      tell("no response within 10 s", "", 0);
    }
}

static void print_result(double seconds, double cpu) {
  printf("{\"count\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, "
         "\"max\": %.1f, \"open\": %d, \"busy\": %.3f}\n",
         (unsigned long long)count, (unsigned long long)errors, seconds, percentile_us(0.5), percentile_us(0.9), percentile_us(0.99),
         percentile_us(0.999), max_ns / 1000.0, open_count, cpu / seconds);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 8) {
    fprintf(stderr, "usage: load closed|open|ws|sse|idle PORT HOST PATH CONNECTIONS WARM_SECONDS SECONDS [RATE]\n");
    return 2;
  }
  const char *names[] = {"closed", "open", "ws", "sse", "idle"};
  int m = 0;
  while (m < 5 && strcmp(argv[1], names[m]) != 0) m++;
  mode = m;
  connection_count = atoi(argv[5]);
  uint64_t warm_ns = atof(argv[6]) * 1e9, window_ns = atof(argv[7]) * 1e9;
  rate = argc > 8 ? atof(argv[8]) : 0;
  if (m == 5 || connection_count < 1 || (mode == OPEN && rate <= 0)) {
    fprintf(stderr, "load: bad mode, connections or rate\n");
    return 2;
  }
  request_length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", argv[4], argv[3],
                            mode == WS    ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            : mode == SSE ? "Accept: text/event-stream\r\n"
                                          : "");
  memset(ws_frame, 'x', sizeof ws_frame);
  memcpy(ws_frame, "\x82\xe4\0\0\0\0", 6); /* binary, final, masked with zeros, 100 bytes */

  connections = calloc(connection_count, sizeof *connections);
  free_connections = calloc(connection_count, sizeof *free_connections);
  prctl(PR_SET_TIMERSLACK, 1000);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  connect_all(argv[2]);
  struct connection input = {.fd = 0}, clock_source = {.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  fcntl(0, F_SETFL, O_NONBLOCK);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = &input};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &e);
  e.data.ptr = &clock_source;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, clock_source.fd, &e);
  /* The open loop ticks as often as it sends, at most every 50 us; the others need the clock for the phases only. */
  long period = mode != OPEN ? 5000000 : rate > 20000 ? 50000 : (long)(1e9 / rate);
  struct itimerspec every = {{0, period % 1000000000}, {0, period % 1000000000}};
  timerfd_settime(clock_source.fd, 0, &every, NULL);

  begin_load(now_ns());
  bool waits_for_all = mode == WS || mode == SSE || mode == IDLE;
  uint64_t phase_start_ns = 0;
  double cpu_start = 0;
  struct epoll_event events[512];
  for (;;) {
    int n = epoll_wait(epoll_fd, events, 512, -1);
    uint64_t now = now_ns();
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == &clock_source) {
        uint64_t ticks;
        if (read(c->fd, &ticks, sizeof ticks) < 0) continue;
      } else if (c == &input) {
        char line[64];
        ssize_t got = read(0, line, sizeof line);
        if (got == 0) return 0;
        if (got > 0 && phase == WAITING) {
          memset(histogram, 0, sizeof histogram);
          count = errors = max_ns = 0;
          cpu_start = cpu_seconds();
          phase = MEASURING;
          phase_start_ns = now = now_ns();
        }
      } else {
        receive(c, now);
      }
    }
    if (phase == CONNECTING && (!waits_for_all || up_count == connection_count)) {
      phase = WARMING;
      phase_start_ns = schedule_start_ns = now;
    }
    if (mode == OPEN) send_due(now);
    if (phase == WARMING && now - phase_start_ns >= warm_ns) {
      phase = WAITING;
      puts("ready");
      fflush(stdout);
    }
    if (phase == MEASURING && now - phase_start_ns >= window_ns) {
      phase = DONE;
      count_stuck(now);
      print_result((now - phase_start_ns) / 1e9, cpu_seconds() - cpu_start);
    }
  }
}
