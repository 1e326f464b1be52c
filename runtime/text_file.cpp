#include "runtime/text_file.hpp"

namespace rw::runtime {}
