package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/config"
)

type settings struct {
	URL     string        `env:"APP_URL,required"`
	Token   string        `env:"APP_TOKEN,required"`
	Workers int           `env:"APP_WORKERS" envDefault:"4"`
	Timeout time.Duration `env:"APP_TIMEOUT" envDefault:"3s"`
	Level   slog.Level    `env:"APP_LEVEL" envDefault:"info"`
	Verbose bool          `env:"APP_VERBOSE"`
	private int
}

func (s *settings) Validate() []config.Mistake {
	s.private++
	var ms []config.Mistake
	if s.Workers < 1 {
		ms = append(ms, config.Mistake{Variable: "APP_WORKERS", Rule: "must be at least 1"})
	}
	if s.Verbose && s.Level == slog.LevelError {
		ms = append(ms, config.Mistake{Variable: "APP_VERBOSE", Rule: "contradicts APP_LEVEL"})
	}
	return ms
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		want    settings
	}{
		{"defaults", []string{"APP_URL=u", "APP_TOKEN=a=b", "HOME=/"},
			settings{URL: "u", Token: "a=b", Workers: 4, Timeout: 3 * time.Second}},
		{"all set", []string{"APP_URL=u", "APP_TOKEN=t", "APP_WORKERS=7", "APP_TIMEOUT=1m", "APP_LEVEL=warn", "APP_VERBOSE=true"},
			settings{URL: "u", Token: "t", Workers: 7, Timeout: time.Minute, Level: slog.LevelWarn, Verbose: true}},
		{"empty is not set", []string{"APP_URL=u", "APP_TOKEN=t", "APP_WORKERS="},
			settings{URL: "u", Token: "t", Workers: 4, Timeout: 3 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got settings
			if err := config.Load(&got, tt.environ); err != nil {
				t.Fatal(err)
			}
			tt.want.private = 1
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestLoadTellsAllMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		want    []config.Mistake
	}{
		{"each kind, in the order of the fields",
			[]string{"APP_VERBOSE=maybe", "APP_LEVEL=loud", "APP_TIMEOUT=3", "APP_WORKERS=many", "APP_URL="},
			[]config.Mistake{
				{"APP_URL", "is required"},
				{"APP_TOKEN", "is required"},
				{"APP_WORKERS", `"many" is not a valid int: invalid syntax`},
				{"APP_TIMEOUT", `unable to parse duration: time: missing unit in duration "3"`},
				{"APP_LEVEL", `slog: level string "loud": unknown name`},
				{"APP_VERBOSE", `"maybe" is not a valid bool: invalid syntax`},
			}},
		{"rules beyond types", []string{"APP_URL=u", "APP_WORKERS=0", "APP_LEVEL=error", "APP_VERBOSE=1"},
			[]config.Mistake{
				{"APP_TOKEN", "is required"},
				{"APP_WORKERS", "must be at least 1"},
				{"APP_VERBOSE", "contradicts APP_LEVEL"},
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := config.Load(&settings{}, tt.environ)
			ce, ok := errors.AsType[*config.Error](err)
			if !ok {
				t.Fatalf("error %v is no *config.Error", err)
			}
			if diff := cmp.Diff(tt.want, ce.Mistakes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	err := &config.Error{Mistakes: []config.Mistake{{"A", "is required"}, {"B", "must be even"}}}
	if got, want := err.Error(), "configuration: A: is required; B: must be even"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	got := config.Unknown([]string{"APP_WORKER=3", "APP_URL=u", "OTHER=1", "APP_A=", "APP_A="}, "APP_", &settings{})
	if diff := cmp.Diff([]string{"APP_A", "APP_WORKER"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	want := []string{"APP_URL", "APP_TOKEN", "APP_WORKERS", "APP_TIMEOUT", "APP_LEVEL", "APP_VERBOSE"}
	if diff := cmp.Diff(want, config.Names(&settings{})); diff != "" {
		t.Error(diff)
	}
}

func TestLoadPanicsOnAProgrammersMistake(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dst  any
	}{
		{"no pointer", settings{}},
		{"nil", nil},
		{"pointer to something else", new(int)},
		{"a field that cannot be set", &struct {
			C chan int `env:"C"`
		}{}},
		{"a tag that env does not know", &struct {
			S string `env:"S,often"`
		}{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			err := config.Load(tt.dst, []string{"C=1"})
			t.Errorf("returned %v", err)
		})
	}
}

func ExampleLoad() {
	var s struct {
		Listen string `env:"APP_LISTEN" envDefault:"127.0.0.1:8080"`
		Limit  int    `env:"APP_LIMIT" envDefault:"10"`
		Pool   string `env:"APP_POOL,required"`
	}
	environ := []string{"APP_LIMIT=ten", "APP_POLL=x"}
	fmt.Println(config.Load(&s, environ))
	fmt.Println("unknown:", config.Unknown(environ, "APP_", &s))
	// Output:
	// configuration: APP_LIMIT: "ten" is not a valid int: invalid syntax; APP_POOL: is required
	// unknown: [APP_POLL]
}
