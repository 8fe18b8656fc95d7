package io.walnut.wal.io;

import io.walnut.wal.io.FaultyStorage.Change;
import io.walnut.wal.io.FaultyStorage.EntryChange;
import io.walnut.wal.io.FaultyStorage.Inode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * What a disk may hold after a crash: each write since the last sync of its file is kept, lost, or torn at 512 bytes or at 4 KiB
 * (some sectors old, some new, some zero), one at a time and several at once; each change of a length is kept or lost; of the
 * changes of the directory since its last sync all, none, a prefix, all but one, only one, or any took place. All combinations
 * where there are few, and beyond that a choice by a seed that always holds the extremes: every state of the directory is there,
 * each with all files' changes lost and with all of them kept.
 */
public final class CrashImages {
    private static final int[] SECTORS = {512, 4096};
    private static final int IMAGES_PER_DIRECTORY = 4; // at least
    private static final int RANDOM_DIRECTORIES = 2;
    private static final int MIXES_PER_FILE = 6;
    private static final int EQUAL_ONES_LOOKED_FOR = 16;

    private final Map<String, Inode> durableEntries;
    private final List<EntryChange> entryChanges;

    CrashImages(Map<String, Inode> durableEntries, List<EntryChange> entryChanges) {
        this.durableEntries = durableEntries;
        this.entryChanges = entryChanges;
    }

    /** About {@code limit} images, of each state of the directory at least four, as file names and contents. */
    public List<Map<String, byte[]>> choose(int limit, Random random) {
        List<Map<String, Inode>> directories = directories(random);
        int each = Math.max(IMAGES_PER_DIRECTORY, limit / directories.size());
        Map<Inode, Variants> known = new HashMap<>(); // a file's variants are the same in every directory
        var images = new ArrayList<Map<String, byte[]>>();
        for (Map<String, Inode> directory : directories) {
            Map<Inode, Variants> variants = new LinkedHashMap<>();
            for (Inode inode : directory.values()) {
                variants.put(inode, known.computeIfAbsent(inode, file -> new Variants(file, random)));
            }
            images.addAll(combine(directory, variants, each, random));
        }
        return images;
    }

    private static List<Map<String, byte[]>> combine(
            Map<String, Inode> directory, Map<Inode, Variants> variants, int limit, Random random) {
        List<Variants> open =
                variants.values().stream().filter(each -> each.count() > 1).toList();
        long combinations = 1;
        for (Variants each : open) {
            combinations = Math.min(Integer.MAX_VALUE, combinations * each.count());
        }
        var images = new ArrayList<Map<String, byte[]>>();
        for (int i = 0; i < Math.min(limit, combinations); i++) {
            Map<Variants, byte[]> choice = new HashMap<>();
            long rest = i;
            for (Variants each : open) {
                // The first two images lose, and keep, everything; then in order, or at random when there are too many.
                int pick;
                if (combinations <= limit) {
                    pick = (int) (rest % each.count());
                    rest /= each.count();
                } else {
                    pick = i < 2 ? i : random.nextInt(each.count());
                }
                choice.put(each, each.bytes(pick));
            }
            var image = new TreeMap<String, byte[]>();
            directory.forEach((name, inode) -> {
                Variants each = Objects.requireNonNull(variants.get(inode));
                image.put(name, choice.getOrDefault(each, inode.durable));
            });
            images.add(image);
        }
        return images;
    }

    private List<Map<String, Inode>> directories(Random random) {
        var selections = new LinkedHashSet<List<EntryChange>>();
        for (int prefix = 0; prefix <= entryChanges.size(); prefix++) {
            selections.add(entryChanges.subList(0, prefix));
        }
        for (int i = 0; i < entryChanges.size(); i++) {
            selections.add(List.of(entryChanges.get(i)));
            var allButOne = new ArrayList<>(entryChanges);
            allButOne.remove(i);
            selections.add(allButOne);
        }
        for (int i = 0; i < RANDOM_DIRECTORIES && entryChanges.size() > 2; i++) {
            selections.add(
                    entryChanges.stream().filter(change -> random.nextBoolean()).toList());
        }
        var directories = new ArrayList<Map<String, Inode>>();
        for (List<EntryChange> selection : selections) {
            Map<String, Inode> directory = new LinkedHashMap<>(durableEntries);
            for (EntryChange change : selection) {
                switch (change) {
                    case EntryChange.Added(String name, Inode inode) -> directory.put(name, inode);
                    case EntryChange.Removed(String name) -> directory.remove(name);
                    case EntryChange.Renamed(String from, String to, Inode inode) -> {
                        directory.remove(from);
                        directory.put(to, inode);
                    }
                }
            }
            if (!directories.contains(directory)) {
                directories.add(directory);
            }
        }
        return directories;
    }

    /** Contents that one file may have: first with every change lost, second with every change kept. */
    private static final class Variants {
        private final Inode inode;
        private final List<List<Change>> selections = new ArrayList<>(); // what reaches the disk, in order
        private final Map<Integer, byte[]> made = new HashMap<>();

        Variants(Inode inode, Random random) {
            this.inode = inode;
            selections.add(List.of());
            if (inode.pending.isEmpty()) {
                return;
            }
            selections.add(List.copyOf(inode.pending));
            // Each change lost, kept or torn, with all others kept and with all others lost.
            for (int i = 0; i < inode.pending.size(); i++) {
                for (Change form : tornForms(inode.pending.get(i), inode.durable)) {
                    var others = new ArrayList<>(inode.pending);
                    others.set(i, form);
                    addNew(others);
                    addNew(List.of(form));
                }
                var without = new ArrayList<>(inode.pending);
                without.remove(i);
                addNew(without);
            }
            for (int i = 0; i < MIXES_PER_FILE; i++) {
                addNew(mix(random));
            }
        }

        private void addNew(List<Change> selection) {
            if (selections.size() > EQUAL_ONES_LOOKED_FOR || !selections.contains(selection)) {
                selections.add(selection);
            }
        }

        /** Each change kept, lost or torn for itself, torn anywhere. */
        private List<Change> mix(Random random) {
            var selection = new ArrayList<Change>();
            for (Change change : inode.pending) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        // lost
                    }
                    case 1 -> selection.add(change);
                    default -> selection.add(tornAnywhere(change, inode.durable, random));
                }
            }
            return selection;
        }

        int count() {
            return selections.size();
        }

        byte[] bytes(int variant) {
            return made.computeIfAbsent(variant, index -> {
                byte[] bytes = inode.durable;
                for (Change change : selections.get(index)) {
                    bytes = FaultyStorage.apply(bytes, change);
                }
                return bytes;
            });
        }
    }

    private static Change tornAnywhere(Change change, byte[] before, Random random) {
        if (!(change instanceof Change.Write(long position, byte[] bytes))) {
            return change;
        }
        int sector = SECTORS[random.nextInt(SECTORS.length)];
        int arrivedOfEight = 1 + random.nextInt(7);
        return torn(position, bytes, before, sector, index -> random.nextInt(8) < arrivedOfEight);
    }

    /** What may reach the disk of one change, beside none of it. */
    private static List<Change> tornForms(Change change, byte[] before) {
        if (!(change instanceof Change.Write(long position, byte[] bytes)) || bytes.length == 0) {
            return List.of(change);
        }
        var forms = new ArrayList<Change>();
        forms.add(change);
        forms.add(new Change.Write(position, new byte[bytes.length])); // the length grew, the bytes did not arrive
        for (int sector : SECTORS) {
            int sectors = (bytes.length + sector - 1) / sector;
            if (sectors < 2) {
                continue;
            }
            forms.add(torn(position, bytes, before, sector, index -> index < sectors / 2));
            forms.add(torn(position, bytes, before, sector, index -> index >= sectors / 2));
            forms.add(torn(position, bytes, before, sector, index -> index != 0));
            forms.add(torn(position, bytes, before, sector, index -> index != sectors - 1));
            forms.add(torn(position, bytes, before, sector, index -> index == 0));
            forms.add(torn(position, bytes, before, sector, index -> index % 2 == 0));
        }
        return forms;
    }

    private static Change torn(long position, byte[] bytes, byte[] before, int sector, IntPredicate arrived) {
        byte[] result = new byte[bytes.length];
        for (int at = 0; at < bytes.length; at += sector) {
            int length = Math.min(sector, bytes.length - at);
            if (arrived.test(at / sector)) {
                System.arraycopy(bytes, at, result, at, length);
            } else {
                for (int i = 0; i < length; i++) {
                    long from = position + at + i;
                    result[at + i] = from < before.length ? before[(int) from] : 0;
                }
            }
        }
        return new Change.Write(position, result);
    }
}
