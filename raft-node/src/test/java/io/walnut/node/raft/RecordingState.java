package io.walnut.node.raft;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Remembers every command with its LSN; the result is its ordinal. Commands are text. */
final class RecordingState implements ReplicatedState {
    record Command(long lsn, String text) {}

    private final List<Command> commands = new ArrayList<>();
    private volatile long neededLsn;
    private volatile int appliedSinceLoad;

    @Override
    public synchronized ByteBuffer apply(long lsn, ByteBuffer command) {
        commands.add(new Command(lsn, StandardCharsets.UTF_8.decode(command).toString()));
        appliedSinceLoad++;
        return ByteBuffer.allocate(Integer.BYTES).putInt(0, commands.size() - 1);
    }

    @Override
    public long neededLsn() {
        return neededLsn;
    }

    void needOnlyFrom(long lsn) {
        neededLsn = lsn;
    }

    @Override
    public synchronized void save(OutputStream out) throws IOException {
        DataOutputStream data = new DataOutputStream(out);
        data.writeInt(commands.size());
        for (Command command : commands) {
            data.writeLong(command.lsn);
            byte[] text = command.text.getBytes(StandardCharsets.UTF_8);
            data.writeInt(text.length);
            data.write(text);
        }
        data.flush();
    }

    @Override
    public synchronized void load(ByteBuffer image) {
        commands.clear();
        appliedSinceLoad = 0;
        int count = image.getInt();
        for (int i = 0; i < count; i++) {
            long lsn = image.getLong();
            byte[] text = new byte[image.getInt()];
            image.get(text);
            commands.add(new Command(lsn, new String(text, StandardCharsets.UTF_8)));
        }
    }

    synchronized List<Command> commands() {
        return List.copyOf(commands);
    }

    synchronized List<String> texts() {
        return commands.stream().map(Command::text).toList();
    }

    /** Commands applied one by one since the start or the last load of a snapshot. */
    int appliedSinceLoad() {
        return appliedSinceLoad;
    }
}
