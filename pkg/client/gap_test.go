package client

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestGapIsYieldedInItsPlace(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		from := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
		g := newGateway(t, func(_ int, _ *spillwayv1.SubscribeRequest, out sender) error {
			gap := &spillwayv1.SubscribeResponse{Cursor: cursorAt(10, true), Response: &spillwayv1.SubscribeResponse_Gap{
				Gap: &spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_TRIMMED, From: timestamppb.New(from), Lanes: []uint32{3}},
			}}
			if err := send(out, subscribedAt(0), eventsFrom(0, 1, false), gap, eventsFrom(10, 11, false)); err != nil {
				return err
			}
			return untilGone(out)
		})
		stream := g.client(t).Subscribe(Subscription{})
		got, err := read(t.Context(), stream, 3)
		if diff := cmp.Diff([]string{"0", "gap trimmed", "10"}, got); diff != "" || err != nil {
			t.Errorf("items (-want +got), err %v:\n%s", err, diff)
		}
	})
}

func TestGapText(t *testing.T) {
	t.Parallel()
	at := timestamppb.New(time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC))
	tests := []struct {
		gap  *spillwayv1.Gap
		want string
	}{
		{&spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_TRIMMED, From: at}, "events may be missing after 2026-11-22T01:02:03Z: the log no longer retains them"},
		{&spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_LOG_RESET, To: at}, "events may be missing before 2026-11-22T01:02:03Z: the log lost data or was made anew"},
		{&spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_OVERSIZE}, "events may be missing: they are larger than a limit"},
		{&spillwayv1.Gap{Reason: 77}, "events may be missing: 77"},
	}
	for _, tt := range tests {
		if got := newGap(tt.gap).Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
