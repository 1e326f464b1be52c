# Prints what the onnx package says of every operator of ai.onnx, one line for each operator set that it knows and has
# the operator: set, operator, numbers and names of inputs, numbers of outputs, attributes. Exit status 77: no package.
import sys

try:
    import onnx
    import onnx.defs
except ImportError:
    sys.exit(77)

ANY = 2147483647
KINDS = {1: "number", 2: "integer", 3: "text", 4: "tensor", 5: "graph", 6: "numbers", 7: "integers", 8: "texts"}


def text(value):
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, list):
        return "[" + ",".join(text(each) for each in value) + "]"
    return "%.6g" % value if isinstance(value, (int, float)) else value


def attribute(name, each):
    default = "needed" if each.required else "open"
    value = each.default_value
    if not each.required and value.type in (1, 2, 3, 6, 7, 8):
        default = text(onnx.helper.get_attribute_value(value))
    return "%s:%s:%s" % (name, KINDS.get(int(each.type), "other"), default)


def count(least, most):
    return "%d-%s" % (least, "any" if most == ANY else most)


history = {}
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "":
        history.setdefault(schema.name, []).append(schema)
for op, schemas in history.items():
    for number in range(1, onnx.defs.onnx_opset_version() + 1):
        known = [each for each in schemas if each.since_version <= number]
        schema = max(known, key=lambda each: each.since_version) if known else None
        if schema is None or schema.deprecated:
            continue
        attributes = sorted(attribute(*each) for each in schema.attributes.items() if each[0] != "consumed_inputs")
        print(
            number,
            op,
            count(schema.min_input, schema.max_input),
            ",".join(each.name for each in schema.inputs) or "-",
            count(schema.min_output, schema.max_output),
            ";".join(attributes) or "-",
        )
