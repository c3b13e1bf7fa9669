/* replay.c - feeds every file of the given files and folders to a fuzz target, once each.
 *
 * Stands in for libFuzzer's main, so that kept corpora are tests with any compiler. The input is
 * copied to a block of its exact size, where sanitizers and valgrind see the first byte too far.
 * Exit code 0 when at least one file was read, and every one could be.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static bool replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);
    bool read = file != NULL && data != NULL && fread(data, 1, size, file) == size;
    if (read) {
        (void)fprintf(stderr, "%s\n", path); /* the last line names the input that crashed */
        (void)LLVMFuzzerTestOneInput(data, size);
        replayed++;
    } else {
        perror(path);
    }
    free(data);
    if (file != NULL) {
        (void)fclose(file);
    }
    return read;
}

static bool replay(const char *path);

static bool replay_folder(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    bool read = count >= 0;
    for (int i = 0; i < count; i++) {
        char *inner = NULL;
        if (entries[i]->d_name[0] != '.') {
            read = asprintf(&inner, "%s/%s", path, entries[i]->d_name) > 0 && replay(inner) && read;
            free(inner);
        }
        free(entries[i]);
    }
    free(entries);
    return read;
}

static bool replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        return false;
    }
    return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path, (size_t)info.st_size);
}

int main(int argc, char **argv)
{
    bool read = true;
    for (int i = 1; i < argc; i++) {
        read = replay(argv[i]) && read;
    }
    if (replayed == 0) {
        (void)fprintf(stderr, "no input was replayed: give a corpus folder\n");
    }
    return read && replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
