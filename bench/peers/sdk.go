// bench/peers/sdk.go: sdk URL CA RECORDS BYTES - the AWS SDK for Go, version 1, as a contestant (see peer.h)
package main

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/kinesis"
)

func die(what string, err error) {
	fmt.Fprintln(os.Stderr, "the Go SDK:", what, err)
	os.Exit(1)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		die("not a number:", err)
	}
	return n
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Printf("%s, %s\n", aws.SDKVersion, runtime.Version())
		return
	}
	url, ca, records, size := os.Args[1], os.Args[2], number(os.Args[3]), number(os.Args[4])
	transport := &http.Transport{}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			die("", err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	client := kinesis.New(session.Must(session.NewSession(&aws.Config{
		Endpoint:    aws.String(url),
		Region:      aws.String("us-east-1"),
		Credentials: credentials.NewStaticCredentials("AKIDEXAMPLEAKIDEXAMP", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
		MaxRetries:  aws.Int(0),
		HTTPClient:  &http.Client{Transport: transport},
	})))
	input := &kinesis.PutRecordsInput{StreamName: aws.String("bench")}
	for i := 0; i < records; i++ {
		data := make([]byte, size)
		rand.Read(data)
		input.Records = append(input.Records, &kinesis.PutRecordsRequestEntry{Data: data, PartitionKey: aws.String(fmt.Sprintf("key-%09d", i))})
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println("done") {
		for n := number(strings.Fields(lines.Text())[1]); n > 0; n-- {
			answer, err := client.PutRecords(input)
			if err != nil || *answer.FailedRecordCount != 0 || len(answer.Records) != records {
				die("a request failed:", err)
			}
		}
	}
}
