package lib.gateway;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import lib.http.Exchange;

/// What is an application asked?
///
/// @param isHead is nothing wanted but the head of the answer?
/// @param variables of the request
/// @param ahead the content from its beginning on, as much as is in memory and goes out together with the request
/// @param left is completed when the client does not wait any more, as far as it is watched
record FastCgiQuestion(boolean isHead, Map<String, String> variables, Supply.Ready supply, byte[] ahead, Exchange.Watch watch,
                       CompletableFuture<Void> left) {

    /// Is all of the content in memory, so that the question can be put again?
    boolean isWhole() {
        return ahead.length >= supply.length();
    }

    /// To be called when all of the client's content has been read.
    void watchClient() {
        watch.keep(() -> left.complete(null));
    }
}
