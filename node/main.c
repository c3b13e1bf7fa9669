#include "node/supervisor/program.h"

int main(int argc, char **argv)
{
    return sym_program_main(argc, argv);
}
