#include "runtime/laws/law.hpp"

namespace rw::runtime {

// One file each, which says everything about it.
extern const Law kLinearLaw, kAffineLaw, kPassLaw, kBoundedLaw, kJoinLaw, kConcatLaw, kSplitLaw, kSliceLaw, kGatherLaw,
    kViewLaw, kProductLaw, kContractLaw, kNormalizeLaw, kShapeLaw;

std::span<const Law* const> laws() {
  static constexpr const Law* kLaws[] = {&kLinearLaw,  &kAffineLaw,   &kPassLaw,      &kBoundedLaw, &kJoinLaw,
                                         &kConcatLaw,  &kSplitLaw,    &kSliceLaw,     &kGatherLaw,  &kViewLaw,
                                         &kProductLaw, &kContractLaw, &kNormalizeLaw, &kShapeLaw,   &kBlockLaw};
  return kLaws;
}

const Law* find_law(std::string_view name) {
  for (const Law* law : laws())
    if (law->name == name) return law;
  return nullptr;
}

}  // namespace rw::runtime
