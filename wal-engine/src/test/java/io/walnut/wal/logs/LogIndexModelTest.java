package io.walnut.wal.logs;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.AppendOutcome;
import io.walnut.wal.logs.Result.Appended;
import io.walnut.wal.logs.Result.NotAppended;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random commands against {@link NaiveLogs}, which remembers everything and searches from the front. */
class LogIndexModelTest {
    private static final int ROUNDS = 8;
    private static final int STEPS = 3_000;

    private record Applied(long lsn, ByteBuffer command) {}

    @Test
    void theIndexDoesWhatTheNaiveModelDoes() throws Exception {
        Long fixed = Long.getLong("walnut.seed");
        long first = fixed != null ? fixed : 20_261_121;
        for (long seed = first; seed < first + (fixed != null ? 1 : ROUNDS); seed++) {
            try {
                round(seed);
            } catch (Throwable e) {
                throw new AssertionError(
                        "repeat: mvn -pl wal-engine test -Dtest=LogIndexModelTest -Dwalnut.seed=" + seed, e);
            }
        }
    }

    private static void round(long seed) throws Exception {
        Random random = new Random(seed);
        NaiveLogs model = new NaiveLogs();
        LogIndex index = new LogIndex();
        List<Applied> history = new ArrayList<>();
        long lsn = random.nextInt(10);
        for (int step = 0; step < STEPS; step++) {
            lsn += 1 + (random.nextInt(50) == 0 ? random.nextInt(100_000) : 0);
            Command command = command(random, model);
            history.add(new Applied(lsn, command.encode()));

            Result result = index.apply(lsn, command.encode());

            assertThat(withoutText(result)).as("step %d, %s", step, command).isEqualTo(model.apply(lsn, command));
            assertThat(Result.decode(result.encode())).isEqualTo(result);
            assertThat(index.neededLsn()).as("needed at step %d", step).isEqualTo(model.neededLsn());
            look(random, index, model);
            if (random.nextInt(200) == 0) {
                byte[] image = save(index);
                index = LogIndex.load(new ByteArrayInputStream(image));
                assertThat(save(index)).as("image of the image, step %d", step).isEqualTo(image);
            }
        }
        lookAtAll(index, model);
        LogIndex replayed = new LogIndex();
        history.forEach(applied -> replayed.apply(applied.lsn, applied.command));
        assertThat(save(replayed)).as("image after a replay without reloads").isEqualTo(save(index));
    }

    private static Command command(Random random, NaiveLogs model) {
        String name = "log-" + random.nextInt(6);
        long id = random.nextInt(4) == 0
                ? random.nextLong(0, model.lastId() + 2)
                : random.nextBoolean() ? Command.ANY_LOG : model.id(name);
        return switch (random.nextInt(65)) {
            case 0, 1, 2 -> new Command.Create(random.nextInt(100_000), name, settings(random));
            case 3 -> new Command.Delete(random.nextInt(4) == 0 ? name : "nobody", id);
            case 4 -> new Command.Seal(random.nextInt(4) == 0 ? name : "../x", id);
            case 5, 6 -> new Command.Trim(name, id, random.nextLong(-1, model.endOffset(name) + 2));
            case 7 -> new Command.Alter(name, id, settings(random));
            case 8 ->
                random.nextInt(3) == 0 ? new Command.Fence(name, id, 1 + random.nextInt(5)) : append(random, model);
            case 9, 10 ->
                new Command.CommitCursor(
                        name, id, "reader-" + random.nextInt(3), random.nextLong(-2, model.endOffset(name) + 2));
            case 11 -> due(random, model, name);
            default -> append(random, model);
        };
    }

    private static LogSettings settings(Random random) {
        return random.nextBoolean()
                ? LogSettings.KEEP_ALL
                : new LogSettings(
                        random.nextInt(3) * 20_000L,
                        random.nextInt(3) * 100L,
                        random.nextInt(3) * 100L,
                        random.nextInt(3) * 200_000L);
    }

    private static Command due(Random random, NaiveLogs model, String name) {
        List<Command> due = model.due(model.timeMs());
        return due.isEmpty() ? new Command.Trim(name, Command.ANY_LOG, 0) : due.get(random.nextInt(due.size()));
    }

    private static Command append(Random random, NaiveLogs model) {
        List<AppendItem> items = new ArrayList<>();
        for (int slot = random.nextInt(4); slot >= 0; slot--) {
            long logId = random.nextLong(0, model.lastId() + 2);
            long producerId = random.nextInt(3);
            int epoch = random.nextInt(100) == 0 ? 1 + random.nextInt(3) : model.epoch(logId, producerId);
            long sequence = random.nextInt(100) == 0 ? 0 : model.nextSequence(logId, producerId);
            if (random.nextInt(4) == 0) {
                sequence = Math.max(0, sequence - random.nextInt(60)); // a retry, remembered or too old
            }
            items.add(new AppendItem(
                    logId,
                    producerId,
                    epoch,
                    sequence,
                    1 + random.nextInt(random.nextInt(10) == 0 ? 1000 : 2),
                    random.nextInt(),
                    ByteBuffer.allocate(random.nextInt(5)),
                    random.nextInt(10) == 0 ? random.nextLong(0, model.longest() + 1) : Command.ANY_OFFSET,
                    random.nextInt(6)));
        }
        long time = model.timeMs() + random.nextInt(2_000) - 200;
        return new Command.Append(time, items, random.nextInt(4) == 0);
    }

    private static void look(Random random, LogIndex index, NaiveLogs model) {
        long id = random.nextLong(0, model.lastId() + 2);
        long offset = random.nextLong(0, model.longest() + 2);
        int limit = 1 + random.nextInt(5);
        assertThat(index.locate(id, offset, limit))
                .as("log %d, offset %d, limit %d", id, offset, limit)
                .isEqualTo(model.locate(id, offset, limit));
        String name = "log-" + random.nextInt(6);
        assertThat(index.details(name)).isEqualTo(Optional.ofNullable(model.details(name)));
        long time = model.timeMs() - random.nextLong(-10, 100_000);
        index.offsetAt(model.id(name), time)
                .ifPresent(found -> assertThat(found)
                        .as("log %s at %d", name, time)
                        .isEqualTo(model.offsetAt(model.id(name), time)));
        if (random.nextInt(10) == 0) {
            assertThat(index.due(time)).as("due at %d", time).isEqualTo(model.due(time));
        }
        String after = "log-" + random.nextInt(6);
        assertThat(index.list("log-", after, limit)).isEqualTo(model.list("log-", after, limit));
    }

    private static void lookAtAll(LogIndex index, NaiveLogs model) {
        assertThat(index.list("", "", Integer.MAX_VALUE)).isEqualTo(model.list("", "", Integer.MAX_VALUE));
        for (LogInfo log : index.list("", "", Integer.MAX_VALUE)) {
            assertThat(index.locate(log.id(), 0, Integer.MAX_VALUE))
                    .isEqualTo(model.locate(log.id(), 0, Integer.MAX_VALUE));
        }
    }

    /** The model does not know the words of a refusal. */
    private static Result withoutText(Result result) {
        return switch (result) {
            case Result.Done done -> done;
            case Result.Rejected(Result.Rejection rejection) -> new Result.Rejected(withoutText(rejection));
            case Result.Appends(List<AppendOutcome> outcomes) ->
                new Result.Appends(outcomes.stream()
                        .<AppendOutcome>map(outcome -> switch (outcome) {
                            case Appended appended -> appended;
                            case NotAppended(Result.Rejection rejection) -> new NotAppended(withoutText(rejection));
                        })
                        .toList());
        };
    }

    private static Result.Rejection withoutText(Result.Rejection rejection) {
        assertThat(rejection.message()).isNotBlank();
        return new Result.Rejection(
                rejection.reason(), "", rejection.startOffset(), rejection.endOffset(), rejection.expected());
    }

    private static byte[] save(LogIndex index) throws Exception {
        ByteArrayOutputStream image = new ByteArrayOutputStream();
        index.save(image);
        return image.toByteArray();
    }
}
