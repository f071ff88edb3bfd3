package sts_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/sts"
)

func Example() {
	service, err := sts.New("123456789012")
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	service.ServeHTTP(w, httptest.NewRequest("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", nil))
	fmt.Println(strings.Contains(w.Body.String(), "<Arn>arn:aws:iam::123456789012:root</Arn>"))
	// Output: true
}
