/* The floor under every server: read what is there, answer with the same 1 KiB, look at nothing, log nothing. usage: floor PORT */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static char answer[2048];
static int answer_length;

static void prepare_answer(void) {
    answer_length = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n");
    memset(answer + answer_length, 'x', 1024);
    answer_length += 1024;
}

static int listener_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *) &address, sizeof address) || listen(listener, 4096)) {
        perror("floor");
        exit(1);
    }
    return listener;
}

static void watch(int epoll, int socket) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

static void take(int epoll, int listener) {
    int client = accept(listener, NULL, NULL), yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(epoll, client);
}

static void serve(int client) {
    static char request[65536];
    if (read(client, request, sizeof request) <= 0 || write(client, answer, answer_length) != answer_length) {
        close(client);
    }
}

int main(int count, char **words) {
    int listener = listener_on(count > 1 ? atoi(words[1]) : 8080), epoll = epoll_create1(0);
    struct epoll_event ready[64];
    prepare_answer();
    watch(epoll, listener);
    for (;;) {
        for (int n = epoll_wait(epoll, ready, 64, -1); n-- > 0;) {
            ready[n].data.fd == listener ? take(epoll, listener) : serve(ready[n].data.fd);
        }
    }
}
