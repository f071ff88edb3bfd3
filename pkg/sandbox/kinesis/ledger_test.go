package kinesis_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/schema"
)

// TestLedgerHasEveryOperation compares the ledger to what the model and AWS's own client have.
func TestLedgerHasEveryOperation(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, op := range kinesis.Ledger().Operations {
		listed = append(listed, op.Name)
		if op.Status != "done" && op.Note == "" || op.Page == "" {
			t.Errorf("%s is %s and has no note or page", op.Name, op.Status)
		}
	}
	var client []string
	methods := reflect.TypeFor[*sdk.Client]()
	for m := range methods.Methods() {
		if m.Type.IsVariadic() && m.Type.NumIn() == 4 && strings.HasSuffix(m.Type.In(2).String(), m.Name+"Input") {
			client = append(client, m.Name)
		}
	}
	slices.Sort(client)
	if diff := cmp.Diff(client, listed); diff != "" {
		t.Errorf("operations (-AWS's client +ledger):\n%s", diff)
	}
	if diff := cmp.Diff(schema.New().Names(), kinesis.Operations()); diff != "" {
		t.Errorf("operations (-model +served):\n%s", diff)
	}
}
