// http/content_coding_test.cpp — what others packed comes out whole, at any split, within bounds.
#include "http/content_coding.hpp"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace purser {
namespace {

constexpr std::string_view kText = "The same words, the same words, the same words.";

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

struct Packed {
  ContentCoding coding;
  std::string bytes;
};

/// kText as Node's zlib module and the zstd command pack it.
std::vector<Packed> packed_by_others() {
  return {
      {ContentCoding::gzip, from_hex("1f8b08000000000000030bc94855284ecc4d5528cf2f4a29d65128c1cbd7"
                                     "03007b28efe02f000000")},
      {ContentCoding::deflate,
       from_hex("789c0bc94855284ecc4d5528cf2f4a29d65128c1cbd703008ed010a9")},
      {ContentCoding::deflate, from_hex("0bc94855284ecc4d5528cf2f4a29d65128c1cbd70300")},
      {ContentCoding::br, from_hex("1b2e00f8a541585ce8f4208728c28d1c800884dc187d5901")},
      {ContentCoding::zstd, from_hex("28b52ffd0458c50000905468652073616d6520776f7264732c20742e0100"
                                     "e79e4b87906e3d")},
  };
}

std::string zstd_of(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// Fed a byte at a time.
Result<std::string> dripped(const Packed& packed) {
  const auto unpacker = make_unpacker(packed.coding, Fault::upstream);
  std::string out;
  for (const char& byte : packed.bytes) {
    std::string_view piece(&byte, 1);
    while (!piece.empty() || unpacker->has_more()) {
      if (auto step = unpacker->step(piece, out); !step) {
        return std::unexpected(step.error());
      }
    }
  }
  if (!unpacker->finished()) {
    return fail(Fault::upstream, "cut");
  }
  return out;
}

TEST(ContentCoding, UnpacksWhatOthersPackedWholeAndByteByByte) {
  for (const Packed& packed : packed_by_others()) {
    const auto whole = unpack_whole(packed.coding, packed.bytes, 1000);
    ASSERT_TRUE(whole) << static_cast<int>(packed.coding) << ": " << whole.error().message;
    EXPECT_EQ(**whole, kText);
    const auto drops = dripped(packed);
    ASSERT_TRUE(drops) << static_cast<int>(packed.coding) << ": " << drops.error().message;
    EXPECT_EQ(*drops, kText);
  }
}

TEST(ContentCoding, TellsWhatIsCutBrokenOrFollowedBySomething) {
  for (const Packed& packed : packed_by_others()) {
    const auto cut = std::string_view(packed.bytes).substr(0, packed.bytes.size() - 1);
    EXPECT_FALSE(unpack_whole(packed.coding, cut, 1000)) << static_cast<int>(packed.coding);
    EXPECT_FALSE(unpack_whole(packed.coding, packed.bytes + "more", 1000))
        << static_cast<int>(packed.coding);
    EXPECT_FALSE(unpack_whole(packed.coding, "\xFF\xFF" + packed.bytes, 1000))
        << static_cast<int>(packed.coding);
  }
}

TEST(ContentCoding, ReadsSeveralMembersAsOneBody) {
  for (const std::size_t index : {std::size_t{0}, std::size_t{4}}) {
    const Packed packed = packed_by_others()[index];
    const auto twice = unpack_whole(packed.coding, packed.bytes + packed.bytes, 1000);
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(**twice, std::string(kText) + std::string(kText));
  }
}

TEST(ContentCoding, StopsAtTheBoundHoweverSmallTheBombIs) {
  const std::string bomb = zstd_of(std::string(std::size_t{64} << 20, 'x'));
  ASSERT_LT(bomb.size(), 10'000U);
  const auto whole = unpack_whole(ContentCoding::zstd, bomb, 1'000'000);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_FALSE(*whole);
  const auto unpacker = make_unpacker(ContentCoding::zstd, Fault::upstream);
  std::string_view left = bomb;
  std::string out;
  ASSERT_TRUE(unpacker->step(left, out));
  EXPECT_LE(out.size(), Unpacker::kStepMax);
}

TEST(ContentCoding, IsNamedByOneField) {
  const auto named = [](std::string_view value) {
    return content_coding({{FieldName::content_encoding, "Content-Encoding", value}});
  };
  EXPECT_EQ(content_coding({}), ContentCoding::identity);
  EXPECT_EQ(named("GZIP"), ContentCoding::gzip);
  EXPECT_EQ(named("x-gzip"), ContentCoding::gzip);
  EXPECT_EQ(named("zstd"), ContentCoding::zstd);
  EXPECT_EQ(named("identity"), ContentCoding::identity);
  EXPECT_EQ(named("gzip, br"), std::nullopt);
  EXPECT_EQ(named("compress"), std::nullopt);
}

}  // namespace
}  // namespace purser
