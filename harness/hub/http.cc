// The one file that sees Boost.Beast. Beast's timers work for asynchronous operations only, so every step is started
// asynchronously and run to its end before the next.
#include "harness/hub/http.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <variant>

#include "harness/core/text.h"
#include "harness/hub/errors.h"

namespace hub {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = beast::error_code;
using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

constexpr std::size_t kBlock = 1 << 16;
constexpr std::uint32_t kHeaderLimit = 1 << 16;

std::chrono::milliseconds duration(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// Runs one asynchronous step to its end.
template <class Start>
ErrorCode run_step(asio::io_context& context, Start start) {
  ErrorCode result;
  start([&result](ErrorCode code, const auto&...) { result = code; });
  context.restart();
  context.run();
  return result;
}

[[noreturn]] void fail(Failure failure, const Url& url, const std::string& what) {
  throw HubError(failure, fmt::format("{}: {}", url.authority(), what));
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

/// An open way to one server.
class Connection {
 public:
  Connection(asio::io_context& context, asio::ssl::context& tls) : context_(context), tls_(tls) {
    buffer_.reserve(kBlock);  // Beast reads no more at once than the buffer holds: 512 bytes where nothing is said
  }

  /// Throws HubError.
  void open(const Request& request) {
    url_ = request.url;
    timeout_ = duration(request.timeout);
    through_proxy_ = request.proxy != nullptr;
    Plain stream(context_);
    reach(stream, request.proxy ? *request.proxy : url_);
    if (request.proxy && url_.secure()) open_tunnel(stream, *request.proxy);
    if (url_.secure()) {
      stream_.emplace<Secure>(std::move(stream), tls_);
      shake_hands(std::get<Secure>(stream_));
    } else {
      stream_.emplace<Plain>(std::move(stream));
    }
  }

  bool serves(const Request& request) const {
    return reusable_ && request.url.origin() == url_.origin() && (request.proxy != nullptr) == through_proxy_;
  }
  bool reusable() const { return reusable_; }
  /// Whether the last exchange ended before a byte of an answer: a kept connection that the server had closed.
  bool silent() const { return silent_; }

  Response exchange(const Request& request, const Sink& sink) {
    timeout_ = duration(request.timeout);
    reusable_ = false;
    silent_ = true;
    return std::visit(
        [&](auto& stream) -> Response {
          if constexpr (std::is_same_v<std::decay_t<decltype(stream)>, std::monostate>)
            throw std::logic_error("Connection: exchange before open");
          else
            return exchange_over(stream, request, sink);
        },
        stream_);
  }

 private:
  void reach(Plain& stream, const Url& server) {
    tcp::resolver resolver(context_);
    tcp::resolver::results_type addresses;
    ErrorCode error = run_step(context_, [&](auto done) {
      resolver.async_resolve(server.host, server.port, [&addresses, done](ErrorCode code, const auto& found) mutable {
        addresses = found;
        done(code);
      });
    });
    if (error) fail(Failure::kUnreachable, server, "the name is not known here (" + error.message() + ")");
    stream.expires_after(timeout_);
    error = run_step(context_, [&](auto done) { stream.async_connect(addresses, done); });
    if (error) fail(Failure::kUnreachable, server, "no connection (" + error.message() + ")");
    ErrorCode ignored;
    stream.socket().set_option(tcp::no_delay(true), ignored);
  }

  /// CONNECT: the proxy then passes bytes on.
  void open_tunnel(Plain& stream, const Url& proxy) {
    const std::string place =
        (url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]") + ":" + url_.port;
    http::request<http::empty_body> message(http::verb::connect, place, 11);
    message.set(http::field::host, place);
    if (!proxy.user.empty()) message.set(http::field::proxy_authorization, "Basic " + base64(proxy.user));
    stream.expires_after(timeout_);
    ErrorCode error = run_step(context_, [&](auto done) { http::async_write(stream, message, done); });
    http::response_parser<http::empty_body> parser;
    parser.skip(true);  // the answer to CONNECT has no body, whatever it says
    beast::flat_buffer buffer;
    if (!error) error = run_step(context_, [&](auto done) { http::async_read_header(stream, buffer, parser, done); });
    if (error) fail(Failure::kUnreachable, proxy, "the proxy does not answer (" + error.message() + ")");
    if (parser.get().result_int() != 200)
      fail(Failure::kUnreachable, proxy,
           fmt::format("the proxy refuses {} with HTTP {}", place, parser.get().result_int()));
  }

  void shake_hands(Secure& stream) {
    SSL* ssl = stream.native_handle();
    ErrorCode not_an_address;
    asio::ip::make_address(url_.host, not_an_address);
    if (not_an_address) {  // a name: said to the server, and what its certificate must be for
      SSL_set_tlsext_host_name(ssl, url_.host.c_str());
      SSL_set1_host(ssl, url_.host.c_str());
    } else {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url_.host.c_str());
    }
    beast::get_lowest_layer(stream).expires_after(timeout_);
    const ErrorCode error =
        run_step(context_, [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
    if (!error) return;
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
      fail(Failure::kCertificate, url_,
           fmt::format(
               "its certificate is not accepted: {}; if a certificate of your own is meant, name it in SSL_CERT_FILE",
               X509_verify_cert_error_string(verdict)));
    fail(Failure::kUnreachable, url_, "no TLS connection (" + error.message() + ")");
  }

  http::request<http::empty_body> message_of(const Request& request) const {
    const bool absolute = request.proxy && !url_.secure();
    http::request<http::empty_body> message(request.method == "HEAD" ? http::verb::head : http::verb::get,
                                            absolute ? request.url.text() : request.url.target, 11);
    message.set(http::field::host, url_.authority());
    message.set(http::field::user_agent, "cappy-bench");
    message.set(http::field::accept_encoding, "identity");  // lengths and offsets are those of the file
    if (absolute && !request.proxy->user.empty())
      message.set(http::field::proxy_authorization, "Basic " + base64(request.proxy->user));
    for (const auto& [name, value] : request.headers) message.set(name, value);
    return message;
  }

  template <class Stream>
  Response exchange_over(Stream& stream, const Request& request, const Sink& sink) {
    const auto message = message_of(request);
    beast::get_lowest_layer(stream).expires_after(timeout_);
    ErrorCode error = run_step(context_, [&](auto done) { http::async_write(stream, message, done); });
    http::response_parser<http::buffer_body> parser;
    parser.header_limit(kHeaderLimit);
    parser.body_limit(boost::none);
    if (request.method == "HEAD") parser.skip(true);
    if (!error) {
      beast::get_lowest_layer(stream).expires_after(timeout_);
      error = run_step(context_, [&](auto done) { http::async_read_header(stream, buffer_, parser, done); });
    }
    silent_ = error && !parser.got_some();
    if (error) fail(Failure::kInterrupted, url_, "no answer (" + error.message() + ")");
    Response response = response_of(parser);
    if (const auto encoding = response.header("Content-Encoding"); encoding && *encoding != "identity")
      fail(Failure::kInterrupted, url_, "answers in the encoding " + *encoding + ", which was not asked for");
    receive(stream, parser, response, sink);
    reusable_ = parser.keep_alive() && parser.is_done();
    return response;
  }

  template <class Parser>
  static Response response_of(const Parser& parser) {
    Response response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get())
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    return response;
  }

  template <class Stream, class Parser>
  void receive(Stream& stream, Parser& parser, const Response& response, const Sink& sink) {
    std::vector<char> block(kBlock);
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = block.data();
      body.size = block.size();
      beast::get_lowest_layer(stream).expires_after(timeout_);
      ErrorCode error = run_step(context_, [&](auto done) { http::async_read_some(stream, buffer_, parser, done); });
      if (error == http::error::need_buffer) error = {};
      if (const std::size_t got = block.size() - body.size) sink(response, {block.data(), got});
      if (error == asio::ssl::error::stream_truncated && parser.need_eof()) {  // servers that close without saying so
        error = {};
        parser.put_eof(error);
      }
      if (error) fail(Failure::kInterrupted, url_, "the connection broke (" + error.message() + ")");
    }
  }

  asio::io_context& context_;
  asio::ssl::context& tls_;
  std::variant<std::monostate, Plain, Secure> stream_;
  beast::flat_buffer buffer_;
  Url url_;
  std::chrono::milliseconds timeout_{};
  bool through_proxy_ = false, reusable_ = false, silent_ = false;
};

}  // namespace

std::optional<std::string> Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (beast::iequals(key, name)) return std::string(core::strip(value));
  return std::nullopt;
}

std::optional<std::int64_t> Response::number(std::string_view name) const {
  const auto text = header(name);
  if (!text || text->empty() || text->size() > 18 || text->find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(*text);
}

bool Response::is_redirect() const {
  const bool code = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  return code && header("Location");
}

struct HttpClient::State {
  State() : tls(asio::ssl::context::tls_client) {
    tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls.set_verify_mode(asio::ssl::verify_peer);
  }
  /// Reads the certificates: some 140 of them, so only where TLS is spoken.
  void need_certificates() {
    if (std::exchange(has_certificates, true)) return;
    tls.set_default_verify_paths();
  }
  asio::io_context context{1};
  asio::ssl::context tls;
  bool has_certificates = false;
  std::unique_ptr<Connection> kept;
};

HttpClient::HttpClient() : state_(std::make_unique<State>()) {}
HttpClient::~HttpClient() = default;

Response HttpClient::send(const Request& request, const Sink& sink) {
  if (request.url.secure()) state_->need_certificates();
  std::unique_ptr<Connection> connection = std::move(state_->kept);
  const bool kept = connection && connection->serves(request);
  for (bool again = kept;; again = false) {
    if (!again) {
      connection = std::make_unique<Connection>(state_->context, state_->tls);
      connection->open(request);
    }
    try {
      Response response = connection->exchange(request, sink);
      if (connection->reusable()) state_->kept = std::move(connection);
      return response;
    } catch (const HubError&) {
      if (!again || !connection->silent()) throw;
    }
  }
}

}  // namespace hub
