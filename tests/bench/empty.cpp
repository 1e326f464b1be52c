// What a C++ program takes that does nothing.
int main() {}
