// libcrypto's SHA-256.
#include "grader/book/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace kiln::grader {

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }

  void update(const void* data, std::size_t size) {
    if (EVP_DigestUpdate(context, data, size) != 1) throw std::runtime_error("libcrypto cannot compute SHA-256");
  }
  void length(std::uint64_t size) { update(&size, sizeof size); }
};

Digest::Digest() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("libcrypto has no SHA-256");
}

Digest::~Digest() = default;

Digest& Digest::add(std::string_view part) {
  state_->length(part.size());
  state_->update(part.data(), part.size());
  return *this;
}

Digest& Digest::add_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return add("missing file " + path.string());
  std::uint64_t size = 0;
  std::vector<char> buffer(1 << 16);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    state_->update(buffer.data(), static_cast<std::size_t>(file.gcount()));
    size += static_cast<std::uint64_t>(file.gcount());
  }
  state_->length(size);
  return *this;
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_->context, bytes.data(), &size) != 1)
    throw std::runtime_error("libcrypto cannot compute SHA-256");
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

std::string digest_of(std::string_view text) { return Digest().add(text).hex(); }

}  // namespace kiln::grader
