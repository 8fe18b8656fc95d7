package io.walnut.wal.io.uring;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** The system's calls, of which some are refused as a kernel, a container or a limit would. */
final class RefusingCalls implements SystemCalls {
    enum Call {
        SETUP,
        ENTER,
        MAP,
        OPEN
    }

    private final SystemCalls calls = new Libc();
    private final Map<Call, Integer> refused = new EnumMap<>(Call.class);

    RefusingCalls refuse(Call call, int errno) {
        refused.put(call, errno);
        return this;
    }

    @Override
    public int setup(int entries, MemorySegment parameters) {
        return refused.containsKey(Call.SETUP) ? -refused.get(Call.SETUP) : calls.setup(entries, parameters);
    }

    @Override
    public int enter(int ring, int submit, int complete, int flags, MemorySegment callState) {
        return refused.containsKey(Call.ENTER)
                ? -refused.get(Call.ENTER)
                : calls.enter(ring, submit, complete, flags, callState);
    }

    @Override
    public long map(int descriptor, long offset, long bytes) {
        return refused.containsKey(Call.MAP) ? -refused.get(Call.MAP) : calls.map(descriptor, offset, bytes);
    }

    @Override
    public int unmap(long address, long bytes) {
        return calls.unmap(address, bytes);
    }

    @Override
    public int openDirect(Path path) {
        return refused.containsKey(Call.OPEN) ? -refused.get(Call.OPEN) : calls.openDirect(path);
    }

    @Override
    public int close(int descriptor) {
        return calls.close(descriptor);
    }

    @Override
    public int status(int descriptor, int mask, MemorySegment target) {
        return calls.status(descriptor, mask, target);
    }
}
