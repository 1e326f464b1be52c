# Writes OUT, a C++ file that holds the text of FILES as raw strings, each by its name without ending: the function FUNCTION of
# runtime/engine/shipped.hpp.
set(text "#include \"runtime/engine/shipped.hpp\"\n\nnamespace rw::runtime {\n\nconst std::vector<ShippedFile>& ${FUNCTION}() {\n  static const std::vector<ShippedFile> files = {\n")
separate_arguments(FILES)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} content)
  string(APPEND text "      {\"${name}\", R\"RW_TEXT(${content})RW_TEXT\"},\n")
endforeach()
string(APPEND text "  };\n  return files;\n}\n\n}  // namespace rw::runtime\n")
file(WRITE ${OUT} "${text}")
