package io.walnut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.protocol.v1.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Holds the table of docs/GUARANTEES.md to the table in the code. */
class GuaranteesDocumentTest {
    private static final String PREFIX = "ERROR_CODE_";

    /** Code to its type, retryable, may have been applied. */
    private static Map<String, List<String>> documented() throws IOException {
        Path page = Path.of("..", "docs", "GUARANTEES.md");
        var rows = new TreeMap<String, List<String>>();
        boolean inTable = false;
        for (String line : Files.readAllLines(page)) {
            if (line.startsWith("| code | type |")) {
                inTable = true;
            } else if (inTable && !line.startsWith("|")) {
                break;
            } else if (inTable && !line.startsWith("|---")) {
                List<String> cells =
                        Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
                rows.put(cells.get(1), cells.subList(2, 5));
            }
        }
        return rows;
    }

    @Test
    void everyCodeIsDocumentedAsTheCodeHasIt() throws IOException {
        var coded = new TreeMap<String, List<String>>();
        Errors.TABLE.forEach((code, row) -> coded.put(
                code.name().substring(PREFIX.length()),
                List.of(row.type().getSimpleName(), yesNo(row.retryable()), yesNo(row.mayHaveBeenApplied()))));
        assertThat(documented()).isEqualTo(coded);
    }

    @Test
    void everyCodeOfTheProtocolHasARow() throws IOException {
        assertThat(documented().keySet())
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(ErrorCode.values())
                        .filter(code -> code != ErrorCode.UNRECOGNIZED && code != ErrorCode.ERROR_CODE_UNSPECIFIED)
                        .map(code -> code.name().substring(PREFIX.length()))
                        .toList());
    }

    private static String yesNo(boolean value) {
        return value ? "yes" : "no";
    }
}
