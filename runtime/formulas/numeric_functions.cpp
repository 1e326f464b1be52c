// Functions of numbers, each number for itself.
#include <cmath>

#include "runtime/formulas/function.hpp"

namespace rw::runtime {

double smaller(double x, double y) { return std::isnan(x) || x < y ? x : y; }
double larger(double x, double y) { return std::isnan(x) || x > y ? x : y; }

extern const Function kAbs = {
    .name = "abs", .help = "magnitude", .each = [](const double* x) { return std::fabs(x[0]); }};
extern const Function kSqrt = {
    .name = "sqrt", .help = "square root", .each = [](const double* x) { return std::sqrt(x[0]); }};
extern const Function kExp2 = {
    .name = "exp2", .help = "2 to the power of x", .each = [](const double* x) { return std::exp2(x[0]); }};
extern const Function kLog2 = {
    .name = "log2", .help = "logarithm to base 2", .each = [](const double* x) { return std::log2(x[0]); }};
extern const Function kPow2 = {.name = "pow2", .help = "x rounded down to a power of two", .each = [](const double* x) {
                                 return !(x[0] > 0) || std::isinf(x[0]) ? x[0] : std::ldexp(1.0, std::ilogb(x[0]));
                               }};
extern const Function kPow = {.name = "pow", .help = "x to the power of y", .arity = 2, .each = [](const double* x) {
                                return std::pow(x[0], x[1]);
                              }};
extern const Function kMin = {
    .name = "min", .help = "the smaller of two values", .arity = 2, .each = [](const double* x) {
      return smaller(x[0], x[1]);
    }};
extern const Function kMax = {
    .name = "max", .help = "the larger of two values", .arity = 2, .each = [](const double* x) {
      return larger(x[0], x[1]);
    }};
extern const Function kClamp = {
    .name = "clamp", .help = "x, but at least lo and at most hi", .arity = 3, .each = [](const double* x) {
      return x[0] < x[1] ? x[1] : x[0] > x[2] ? x[2] : x[0];
    }};

}  // namespace rw::runtime
