// How many files may be open at once. A model has as many files as it likes (shards, external data), and the system's
// limit is often 1,024: inputs beyond their share are read through their mapping, outputs beyond theirs are closed
// while nothing is written to them.
#pragma once

namespace rw::graph {

// Asks the system for as many as it gives. For the start of the program.
void raise_descriptor_limit();

// Whoever gets a descriptor of this number or a larger one shall not keep it.
int descriptors_for_inputs();
int descriptors_for_outputs();

}  // namespace rw::graph
