package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadConfig(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    config
	}{
		"defaults": {
			[]string{"SPILLWAY_MOCKCOGNITO_CONFIG=pools.yaml"},
			config{Listen: "127.0.0.1:9229", Config: "pools.yaml", AccountID: "000000000000", LogLevel: slog.LevelInfo},
		},
		"everything": {
			[]string{
				"SPILLWAY_MOCKCOGNITO_LISTEN=[::1]:0", "SPILLWAY_MOCKCOGNITO_CONFIG=p", "SPILLWAY_MOCKCOGNITO_STATE=s",
				"SPILLWAY_MOCKCOGNITO_PUBLIC_URL=http://localhost:1", "SPILLWAY_MOCKCOGNITO_LOG_LEVEL=debug", "HOME=/",
				"SPILLWAY_MOCKCOGNITO_REGION=eu-west-1", "SPILLWAY_MOCKCOGNITO_ACCOUNT_ID=123456789012",
			},
			config{
				Listen: "[::1]:0", Config: "p", State: "s", Region: "eu-west-1", AccountID: "123456789012", PublicURL: "http://localhost:1",
				LogLevel: slog.LevelDebug,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readConfig(test.environ)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("readConfig (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadConfigTellsAllMistakes(t *testing.T) {
	t.Parallel()
	_, err := readConfig([]string{
		"SPILLWAY_MOCKCOGNITO_LISTEN=9229", "SPILLWAY_MOCKCOGNITO_PUBLIC_URL=localhost/", "SPILLWAY_MOCKCOGNITO_LOG_LEVEL=loud",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"SPILLWAY_MOCKCOGNITO_LISTEN", "SPILLWAY_MOCKCOGNITO_PUBLIC_URL", "SPILLWAY_MOCKCOGNITO_LOG_LEVEL",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not name %s", err, want)
		}
	}
}

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	got := unknownVariables([]string{
		"SPILLWAY_MOCKCOGNITO_STATE=x", "SPILLWAY_MOCKCOGNITO_STATES=x", "SPILLWAY_GATEWAY_LISTEN=x", "SPILLWAY_MOCKCOGNITO_=", "PATH=x",
	})
	if diff := cmp.Diff([]string{"SPILLWAY_MOCKCOGNITO_", "SPILLWAY_MOCKCOGNITO_STATES"}, got); diff != "" {
		t.Errorf("unknownVariables (-want +got):\n%s", diff)
	}
}

func TestHelpNamesEveryVariable(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"--help", "-h"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{arg}, nil, &out, &out); err != nil {
			t.Fatal(err)
		}
		for _, v := range variables() {
			if v.meaning == "" || !strings.Contains(out.String(), v.name+" ("+v.standard+")\n        "+v.meaning) {
				t.Errorf("%s does not explain %s:\n%s", arg, v.name, out.String())
			}
		}
	}
}
