#pragma once
// What the two halves of WebConnection share of Beast.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>
#include <vector>

#include "net/web_connection.hpp"

namespace junctor::net {

struct WebConnection::Http {
  explicit Http(WebLayer below) : layer(below) {}

  WebLayer layer;
  boost::beast::flat_buffer buffer;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser;
  boost::beast::http::request<boost::beast::http::string_body> request;  // that is being answered
};

struct WebConnection::Socket {
  explicit Socket(WebLink& link) : stream(WebLayer(link)) {}

  boost::beast::websocket::stream<WebLayer, false> stream;
  boost::beast::flat_buffer incoming;
  Duration ping_every{0};
  std::vector<SharedText> early;  // given before the handshake is over
  int unanswered_pings = 0;
};

}  // namespace junctor::net
