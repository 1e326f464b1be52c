// Of the OpenMP that oneDNN runs on, whose header only gcc has.
#pragma once

extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int count);
