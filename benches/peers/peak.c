/* What the processor can do at most, for the roofline: fused multiply-adds a second of
 * single precision, and bytes a second from memory.
 *
 *     cc -O3 -funroll-loops -ffp-contract=fast -pthread [-mavx2 -mfma | -mavx512f] peak.c -o peak && ./peak THREADS
 *
 * prints both as a line of JSON. Twelve independent chains of multiply-adds hide the latency;
 * memory is read by sums of a buffer far larger than the caches, and written by a copy of it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#else
#define LANES 8
#endif
#define CHAINS 12
#define MULTIPLY_ADDS 40000000L
#define BYTES (256L << 20)

typedef float vector __attribute__((vector_size(LANES * 4)));

static float *buffers[64][2];
static volatile float sinks[64];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

static void *multiply_add(void *number) {
    vector sums[CHAINS], a = {0}, b = {0};
    a += 0.999999f;
    b += 1e-6f;
    for (int i = 0; i < CHAINS; i++) sums[i] = b * (float)i;
    for (long step = 0; step < MULTIPLY_ADDS; step++)
        for (int i = 0; i < CHAINS; i++) sums[i] = sums[i] * a + b;
    float total = 0;
    for (int i = 0; i < CHAINS; i++)
        for (int lane = 0; lane < LANES; lane++) total += sums[i][lane];
    sinks[(long)number] = total;
    return NULL;
}

static void *read_all(void *number) {
    vector sums[8] = {{0}};
    const vector *from = (const vector *)buffers[(long)number][0];
    long count = BYTES / (long)sizeof(vector);
    for (long i = 0; i < count; i += 8)
        for (int j = 0; j < 8; j++) sums[j] += from[i + j];
    float total = 0;
    for (int j = 0; j < 8; j++) total += sums[j][0];
    sinks[(long)number] = total;
    return NULL;
}

static void *copy_all(void *number) {
    memcpy(buffers[(long)number][1], buffers[(long)number][0], BYTES);
    return NULL;
}

/* Seconds of the fastest of some runs on all threads. */
static double fastest(void *(*work)(void *), long threads) {
    double best = 1e9;
    for (int run = 0; run < 5; run++) {
        pthread_t started[64];
        double start = now();
        for (long i = 0; i < threads; i++) pthread_create(&started[i], NULL, work, (void *)i);
        for (long i = 0; i < threads; i++) pthread_join(started[i], NULL);
        double took = now() - start;
        if (took < best) best = took;
    }
    return best;
}

int main(int count, char **words) {
    long threads = count > 1 ? atol(words[1]) : 1;
    if (threads < 1 || threads > 64) return 2;
    for (long i = 0; i < threads; i++)
        for (int j = 0; j < 2; j++) {
            buffers[i][j] = aligned_alloc(64, BYTES);
            if (!buffers[i][j]) return 1;
            memset(buffers[i][j], 0, BYTES);
        }
    double flops = 2.0 * LANES * CHAINS * MULTIPLY_ADDS * threads / fastest(multiply_add, threads);
    double reads = (double)BYTES * threads / fastest(read_all, threads);
    double copies = 2.0 * BYTES * threads / fastest(copy_all, threads);
    printf("{\"gflops\": %.1f, \"read_gbytes\": %.2f, \"copy_gbytes\": %.2f}\n", flops * 1e-9, reads * 1e-9, copies * 1e-9);
    return 0;
}
