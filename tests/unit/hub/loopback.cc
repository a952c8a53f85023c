#include "tests/unit/hub/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace hub {

Loopback::Loopback(std::vector<std::string> answers) : answers_(std::move(answers)) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(socket_, 8) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("Loopback: no socket");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Loopback::~Loopback() {
  ::shutdown(socket_, SHUT_RDWR);  // ends a pending accept
  if (thread_.joinable()) thread_.join();
  ::close(socket_);
}

std::vector<std::string> Loopback::requests() {
  ::shutdown(socket_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  return requests_;
}

void Loopback::serve() {
  for (const std::string& answer : answers_) {
    const int client = ::accept(socket_, nullptr, nullptr);
    if (client < 0) return;
    std::string request;
    char block[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(client, block, sizeof block, 0);
      if (got <= 0) break;
      request.append(block, static_cast<std::size_t>(got));
    }
    requests_.push_back(request);
    if (!answer.empty() && ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
      requests_.back() += " (gone)";
    ::shutdown(client, SHUT_WR);
    while (::recv(client, block, sizeof block, 0) > 0) {
    }
    ::close(client);
  }
}

}  // namespace hub
