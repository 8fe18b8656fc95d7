package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The crash images themselves: that none of the states which matter is left out by choosing. */
class CrashImagesTest {
    private static final int LIMIT = 24;
    private static final int FILES = 12;

    private final FaultyStorage storage = new FaultyStorage();

    @Test
    void everyStateOfTheDirectoryThatMattersIsThereHoweverManyThereAre() throws Exception {
        for (int i = 0; i < FILES; i++) {
            create(name(i), "x");
        }
        Set<Set<String>> found = new HashSet<>();
        for (Map<String, byte[]> image : storage.crashImages().choose(LIMIT, new Random(1))) {
            found.add(image.keySet());
        }
        Set<String> prefix = new TreeSet<>();
        assertThat(found).as("none kept").contains(Set.copyOf(prefix));
        for (int i = 0; i < FILES; i++) {
            prefix.add(name(i));
            assertThat(found).as("a prefix").contains(Set.copyOf(prefix));
        }
        for (int i = 0; i < FILES; i++) {
            Set<String> allButOne = new TreeSet<>(prefix);
            allButOne.remove(name(i));
            assertThat(found).as("all but one").contains(Set.copyOf(allButOne));
            assertThat(found).as("only one").contains(Set.of(name(i)));
        }
    }

    @Test
    void everyStateOfTheDirectoryComesWithAllBytesLostAndWithAllBytesKept() throws Exception {
        for (int i = 0; i < FILES; i++) {
            create(name(i), "x");
        }
        Map<Set<String>, Set<String>> contents =
                new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
        for (Map<String, byte[]> image : storage.crashImages().choose(LIMIT, new Random(1))) {
            if (image.isEmpty()) {
                continue;
            }
            Set<String> seen = contents.computeIfAbsent(image.keySet(), names -> new TreeSet<>());
            if (image.values().stream().allMatch(bytes -> bytes.length == 0)) {
                seen.add("lost");
            }
            if (image.values().stream().allMatch(bytes -> Arrays.equals(bytes, bytes("x")))) {
                seen.add("kept");
            }
        }
        assertThat(contents)
                .isNotEmpty()
                .allSatisfy((names, seen) -> assertThat(seen).containsExactly("kept", "lost"));
    }

    @Test
    void ofAFewWritesOfOneFileEveryMixtureComesUp() throws Exception {
        try (StorageFile file = storage.create("file")) {
            file.write(ByteBuffer.wrap(bytes("-----")), 0);
            file.sync();
            storage.syncDirectory();
            for (int i = 0; i < 4; i++) {
                file.write(ByteBuffer.wrap(bytes("w")), i);
            }
        }
        Set<String> found = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            for (Map<String, byte[]> image : storage.crashImages().choose(LIMIT, new Random(seed))) {
                found.add(new String(image.getOrDefault("file", new byte[0]), StandardCharsets.UTF_8));
            }
        }
        for (int kept = 0; kept < 16; kept++) {
            StringBuilder mixture = new StringBuilder("-----");
            for (int i = 0; i < 4; i++) {
                if ((kept >> i & 1) == 1) {
                    mixture.setCharAt(i, 'w');
                }
            }
            assertThat(found).contains(mixture.toString());
        }
    }

    @Test
    void aWriteIsTornAtSectorsAndAtPages() throws Exception {
        byte[] page = new byte[4 * 4096];
        Arrays.fill(page, (byte) 'w');
        try (StorageFile file = storage.create("file")) {
            file.setLength(page.length);
            file.sync();
            storage.syncDirectory();
            file.write(ByteBuffer.wrap(page), 0);
        }
        boolean atSector = false;
        boolean atPageOnly = false;
        for (Map<String, byte[]> image : storage.crashImages().choose(10 * LIMIT, new Random(1))) {
            byte[] bytes = image.getOrDefault("file", new byte[0]);
            boolean torn = false;
            boolean inside = false;
            for (int at = 1; at < bytes.length; at++) {
                if (bytes[at] != bytes[at - 1]) {
                    assertThat(at % 512).isZero();
                    torn = true;
                    inside |= at % 4096 != 0;
                }
            }
            atSector |= inside;
            atPageOnly |= torn && !inside;
        }
        assertThat(List.of(atSector, atPageOnly)).containsOnly(true);
    }

    @Test
    void theSameSeedGivesTheSameImages() throws Exception {
        create("a", "first");
        create("b", "second");
        List<Map<String, byte[]>> once = storage.crashImages().choose(LIMIT, new Random(7));
        List<Map<String, byte[]>> again = storage.crashImages().choose(LIMIT, new Random(7));
        assertThat(again).hasSameSizeAs(once);
        for (int i = 0; i < once.size(); i++) {
            assertThat(again.get(i).keySet()).isEqualTo(once.get(i).keySet());
            for (String name : once.get(i).keySet()) {
                assertThat(again.get(i).get(name)).isEqualTo(once.get(i).get(name));
            }
        }
    }

    private void create(String name, String text) throws IOException {
        try (StorageFile file = storage.create(name)) {
            file.write(ByteBuffer.wrap(bytes(text)), 0);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String name(int index) {
        return String.format("%02d", index);
    }
}
