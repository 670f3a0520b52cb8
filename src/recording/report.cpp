#include "recording/report.hpp"

namespace junctor::recording {

bool Reporter::step() {
  if (at_ == reports_.size()) return false;
  FileReport& report = reports_[at_];
  if (!file_) {
    auto file = disk_->open(report.path, audio::OpenMode::read);
    if (!file) return ++at_ < reports_.size();
    file_ = std::move(*file);
    hash_ = {};
    offset_ = 0;
  }
  std::vector<std::uint8_t> piece(piece_bytes);
  const auto got = file_->read_at(offset_, piece);
  if (got && *got > 0) {
    hash_.add(std::span(piece).first(*got));
    offset_ += *got;
    if (*got == piece.size()) return true;
  }
  report.bytes = offset_;
  if (got) report.sha256 = hash_.finish();
  file_.reset();
  return ++at_ < reports_.size();
}

}  // namespace junctor::recording
