package io.walnut.chaos.run;

import io.walnut.chaos.fault.Nemesis;
import io.walnut.chaos.history.Events;
import io.walnut.chaos.history.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Finds out from a history how long each fault kept clients from appending. Hears the whole history, then tells. */
public final class Liveness implements Events.Listener {
    private static final class Watch {
        private final Nemesis.Injected fault;
        private long silence;
        private OptionalLong recovery = OptionalLong.empty();

        Watch(Nemesis.Injected fault) {
            this.fault = fault;
        }

        /** Nothing was acknowledged from {@code since} to {@code until}. */
        void silent(long since, long until) {
            silence = Math.max(silence, until - Math.max(since, fault.begun()));
        }
    }

    private final Map<Nemesis.Injected, Watch> all = new LinkedHashMap<>();
    private final List<Watch> coming = new ArrayList<>();
    private final List<Watch> watched = new ArrayList<>();
    private long acknowledged = Long.MIN_VALUE;
    private long ended;

    public Liveness(List<Nemesis.Injected> faults) {
        for (Nemesis.Injected fault : faults) {
            Watch watch = new Watch(fault);
            all.put(fault, watch);
            coming.add(watch);
        }
        coming.sort(Comparator.comparingLong(watch -> -watch.fault.begun())); // the next one last
    }

    @Override
    public void invoked(Operation operation) {}

    @Override
    public void returned(Operation operation) {
        if (!(operation instanceof Operation.Append)) {
            return;
        }
        long now = operation.call().returned();
        ended = now;
        if (!operation.call().ok()) {
            return;
        }
        begin(now);
        watched.removeIf(watch -> {
            watch.silent(acknowledged, now);
            boolean over = now >= watch.fault.healed();
            if (over) {
                watch.recovery = OptionalLong.of(now - watch.fault.healed());
            }
            return over;
        });
        acknowledged = now;
    }

    private void begin(long now) {
        while (!coming.isEmpty() && coming.getLast().fault.begun() <= now) {
            watched.add(coming.removeLast());
        }
    }

    /** Of each fault, in their order; after the last operation. */
    public List<Outage> outages() {
        begin(ended);
        watched.forEach(watch -> watch.silent(acknowledged, ended));
        return all.values().stream()
                .map(watch -> new Outage(watch.fault, watch.silence, watch.recovery))
                .toList();
    }
}
