// Catch2, whichever version is installed: v2 (Debian 12) or v3.
#pragma once

#if RW_CATCH2_MAJOR >= 3
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
