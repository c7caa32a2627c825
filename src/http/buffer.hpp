// http/buffer.hpp — bytes that arrive at the back and are consumed at the front.
// Why: std::string zeroes what it grows by, and a 64 KB body would be written twice.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/invariant.hpp"

namespace purser {

class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    return *this;
  }

  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::span<char> bytes() { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }

  /// Room for at least `room` more bytes at the back. Views into the buffer are invalid afterwards
  /// unless reserve() had made the room before.
  std::span<char> space(std::size_t room) {
    reserve(size() + room);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void filled(std::size_t bytes) {
    INVARIANT(bytes <= capacity_ - end_, "no more is read than there was room for");
    end_ += bytes;
  }
  void consume(std::size_t bytes) {
    INVARIANT(bytes <= size(), "no more is consumed than is there");
    begin_ += bytes;
    if (begin_ == end_) {
      begin_ = end_ = 0;
    }
  }

  /// Room for `total` bytes from the front of view(), without another move until they are there.
  void reserve(std::size_t total) {
    if (capacity_ - begin_ >= total) {
      return;
    }
    if (capacity_ >= total) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    } else {
      auto larger = std::make_unique_for_overwrite<char[]>(total);
      if (size() > 0) {
        std::memcpy(larger.get(), bytes_.get() + begin_, size());
      }
      bytes_ = std::move(larger);
      capacity_ = total;
    }
    end_ = size();
    begin_ = 0;
  }

  /// Drops the bytes [from, to) of view(): what follows moves up, what is in front stays in place.
  void discard_between(std::size_t from, std::size_t to) {
    INVARIANT(from <= to && to <= size(), "only bytes that are there can be dropped");
    std::memmove(bytes_.get() + begin_ + from, bytes_.get() + begin_ + to, size() - to);
    end_ -= to - from;
  }

  /// Gives the memory back if it has grown beyond `keep` and holds nothing.
  void shrink(std::size_t keep) {
    if (size() == 0 && capacity_ > keep) {
      bytes_.reset();
      capacity_ = begin_ = end_ = 0;
    }
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace purser
