// The field numbers of ONNX messages that are read or written here, as in onnx.proto (IR version 11).
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once

#include <cstdint>

namespace rw::graph::onnx {

struct ModelProto {
  static constexpr std::uint32_t kIrVersion = 1, kProducerName = 2, kGraph = 7, kOpsetImport = 8, kMetadataProps = 14,
                                 kFunctions = 25;
};
struct OperatorSetId {
  static constexpr std::uint32_t kDomain = 1, kVersion = 2;
};
struct GraphProto {
  static constexpr std::uint32_t kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12, kValueInfo = 13,
                                 kSparseInitializer = 15;
};
struct NodeProto {
  static constexpr std::uint32_t kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5, kDomain = 7,
                                 kOverload = 8;
};
struct AttributeProto {
  static constexpr std::uint32_t kName = 1, kFloat = 2, kInt = 3, kString = 4, kTensor = 5, kGraph = 6, kFloats = 7,
                                 kInts = 8, kStrings = 9, kTensors = 10, kGraphs = 11, kTypeProto = 14,
                                 kTypeProtos = 15, kType = 20, kSparseTensor = 22, kSparseTensors = 23;
};
// AttributeProto.AttributeType
enum AttributeType : std::int64_t {
  kTypeFloat = 1,
  kTypeInt = 2,
  kTypeString = 3,
  kTypeTensor = 4,
  kTypeGraph = 5,
  kTypeFloats = 6,
  kTypeInts = 7,
  kTypeStrings = 8,
  kTypeTensors = 9,
  kTypeGraphs = 10,
  kTypeSparseTensor = 11,
  kTypeSparseTensors = 12,
  kTypeType = 13,
  kTypeTypes = 14,
};
struct TensorProto {
  static constexpr std::uint32_t kDims = 1, kDataType = 2, kSegment = 3, kFloatData = 4, kInt32Data = 5,
                                 kStringData = 6, kInt64Data = 7, kName = 8, kRawData = 9, kDoubleData = 10,
                                 kUint64Data = 11, kExternalData = 13, kDataLocation = 14;
};
struct SparseTensorProto {
  static constexpr std::uint32_t kValues = 1, kIndices = 2, kDims = 3;
};
struct StringStringEntry {
  static constexpr std::uint32_t kKey = 1, kValue = 2;
};
struct ValueInfo {
  static constexpr std::uint32_t kName = 1, kType = 2;
};
struct TypeProto {
  static constexpr std::uint32_t kTensorType = 1, kSequenceType = 4, kMapType = 5, kOpaqueType = 7, kSparseType = 8,
                                 kOptionalType = 9;
};
struct HolderType {  // a sequence or an optional
  static constexpr std::uint32_t kElemType = 1;
};
struct MapType {
  static constexpr std::uint32_t kKeyType = 1, kValueType = 2;
};
struct TensorType {
  static constexpr std::uint32_t kElemType = 1, kShape = 2;
};
struct TensorShape {
  static constexpr std::uint32_t kDim = 1;
};
struct Dimension {
  static constexpr std::uint32_t kValue = 1, kParam = 2;
};
struct FunctionProto {
  static constexpr std::uint32_t kName = 1, kNode = 7, kDomain = 10;
};

}  // namespace rw::graph::onnx
